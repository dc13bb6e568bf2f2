//! The negative control: the search finds a canary in each form and each place in which one could be kept.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::search::{Search, canary};

#[test]
fn the_search_finds_every_form_in_every_place() {
    let search = Search::new(&["argument"]);
    let text = canary("argument");
    let each = |form: &dyn Fn(u8) -> String| text.bytes().map(form).collect::<String>().into_bytes();
    let mut forms = vec![
        text.clone().into_bytes(),
        text.to_uppercase().into_bytes(),
        text.chars().rev().collect::<String>().into_bytes(),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("\\u{byte:04X}")),
        each(&|byte| format!("\\x{byte:02x}")),
        serde_json::to_vec(text.as_bytes()).unwrap(),
        serde_json::to_vec_pretty(text.as_bytes()).unwrap(),
        format!("{:?}", text.as_bytes()).into_bytes(),
        format!("{:02x?}", text.as_bytes()).replace(',', "").into_bytes(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        text.as_bytes()[..12].to_vec(),
    ];
    for before in ["", "1", "12", "123", "\u{e9}\u{e9}?"] {
        let whole = format!("{before}{text}>>>after");
        forms.push(STANDARD.encode(&whole).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(&whole).into_bytes());
    }
    let digest = pinfold_core::digest::file_digest(text.as_bytes());
    forms.push(digest.to_string().into_bytes());
    forms.push(digest.as_bytes().to_vec());
    forms.push(STANDARD.encode(digest.as_bytes()).into_bytes());
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    let file = folder.path().join("deep/kept");
    for form in &forms {
        let bytes = [b"before ", form.as_slice(), b" after"].concat();
        assert!(!search.find(&bytes).is_empty(), "{}", String::from_utf8_lossy(form));
        std::fs::write(&file, &bytes).unwrap();
        assert!(!search.find_below(folder.path()).is_empty(), "{}", String::from_utf8_lossy(form));
    }
    std::fs::write(&file, "Zq7Canary4K and nothing of it").unwrap();
    assert_eq!(search.find_below(folder.path()), [""; 0]);
    std::fs::write(folder.path().join(&text), "").unwrap();
    assert!(!search.find_below(folder.path()).is_empty(), "a name");
    std::fs::remove_file(folder.path().join(&text)).unwrap();
    std::os::unix::fs::symlink(&text, folder.path().join("link")).unwrap();
    assert!(!search.find_below(folder.path()).is_empty(), "a link");
}
