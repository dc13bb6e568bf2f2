use super::*;

fn page(old: &str, new: &str) -> String {
    let mut screen = Screen::new();
    compare(&mut screen, old, new, Detail::Whole);
    screen.render(60, false)
}

#[test]
fn added_words_are_pointed_at() {
    assert_eq!(
        page("Run one query.", "Run one query. Send a copy."),
        "│- Run one query.\n│+ Run one query. Send a copy.\n│^               ^^^^^^^^^^^^^\n"
    );
}

#[test]
fn unchanged_lines_stand_once_and_stay() {
    assert_eq!(page("a\nb\nc", "a\nB\nc"), "│  a\n│- b\n│+ B\n│  c\n");
    assert_eq!(page("a\nc", "a\nb\nc"), "│  a\n│+ b\n│  c\n");
    assert_eq!(page("same", "same"), "│  same\n");
}

#[test]
fn a_line_break_that_is_new_is_seen() {
    let page = page("one two", "one\ntwo");
    assert!(page.contains("│- one two") && page.contains("│+ one\n") && page.contains("│+ two"), "{page}");
}

#[test]
fn every_word_of_both_texts_is_on_the_page() {
    let old = "alpha beta\ngamma delta\n\nepsilon";
    let new = "alpha zeta\n\ngamma delta eta\ntheta";
    let page = page(old, new);
    for word in old.split_whitespace().chain(new.split_whitespace()) {
        assert!(page.contains(word), "{word} is missing in\n{page}");
    }
}
