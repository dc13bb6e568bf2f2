//! What holds for every command line: nothing panics, nothing is invented, and named secrets are never kept.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::launch::{
    Launch, Masked, Piece, ProgramFile, bridge, mask_arguments, mask_text, parse_env_arguments, pin_variable,
    relative_names, split_env_string, value_shape,
};
use proptest::prelude::*;

/// Words that make trouble: secrets, quotes, separators, URLs, flags of interpreters.
fn word() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("--api-key"),
        Just("="),
        Just(":"),
        Just("\""),
        Just("\\\""),
        Just("'"),
        Just("://"),
        Just("@"),
        Just("?"),
        Just("&token="),
        Just("Bearer "),
        Just("sk-"),
        Just("aB1cD2eF3gH4iJ5kL6mN7"),
        Just("["),
        Just("{"),
        Just("\\"),
        Just("é"),
        Just(" "),
        Just("$"),
        Just("-c"),
        Just("sh"),
        Just("-----BEGIN"),
        Just("mcp-remote"),
        Just("./x"),
        Just("password"),
        Just("https"),
        Just("\n"),
        Just("a"),
        Just("%"),
        Just("env"),
        Just("-S"),
    ];
    prop_oneof![prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()), "\\PC{0,12}"]
}

fn line() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(word(), 1..8)
}

/// Whether the texts stand in the original in this order, and all of it if nothing was taken out.
fn is_part_of(masked: &Masked, original: &str) -> bool {
    let mut rest = original;
    for piece in masked.pieces() {
        if let Piece::Text(text) = piece {
            let Some(at) = rest.find(text.as_str()) else { return false };
            rest = &rest[at + text.len()..];
        }
    }
    masked.has_secret() || masked.as_plain() == Some(original)
}

proptest! {
    #[test]
    fn masking_invents_nothing(line in line()) {
        let masked = mask_arguments(&line[0], &line[1..]);
        prop_assert_eq!(masked.len(), line.len() - 1);
        for (masked, original) in masked.iter().zip(&line[1..]) {
            prop_assert!(is_part_of(masked, original), "{:?} of {:?}", masked, original);
        }
        for text in &line {
            prop_assert!(is_part_of(&mask_text(text), text));
        }
        let _ = (bridge(&line[0], &masked), relative_names(&line[0], &line[1..]));
        let _ = (parse_env_arguments(&line), split_env_string(&line[0]), value_shape(&line[0], &line[line.len() - 1]));
    }

    #[test]
    fn a_named_secret_is_never_kept(
        secret in "[a-z]{3}[A-Za-z0-9+/_.~!*(),;:@&=$ -]{5,20}Q9",
        before in prop::collection::vec("[a-z]{1,6}", 0..3),
        form in 0usize..6,
    ) {
        let mut args = before;
        match form {
            0 => args.extend(["--api-key".to_owned(), secret.clone()]),
            1 => args.push(format!("--client-secret={secret}")),
            2 => args.extend(["-e".to_owned(), format!("DB_PASSWORD={secret}")]),
            3 => args.extend(["--header".to_owned(), format!("Authorization: Bearer {secret}")]),
            4 => args.push(format!("{{\"accessToken\": \"{secret}\", \"n\": 1}}")),
            _ => args.push(format!("--env=TOKEN={secret}")),
        }
        let stored = format!("{:?}", mask_arguments("some-server", &args));
        prop_assert!(!stored.contains(&secret), "{}", stored);
        prop_assert!(stored.contains("<secret>"));
    }

    #[test]
    fn a_launch_reads_back_and_equals_itself(
        line in line(),
        names in prop::collection::btree_map("[A-Z_]{1,8}", word(), 0..4),
        passes in prop::collection::btree_set("X[0-9]{1,3}", 0..3),
        folder in prop::option::of("/[a-z/]{0,12}"),
    ) {
        prop_assume!(!line[0].is_empty());
        let env: BTreeMap<_, _> = names.iter().map(|(name, value)| (name.clone(), pin_variable(name, Some(value)))).collect();
        let passes: BTreeSet<String> = passes;
        let file = ProgramFile { path: "/bin/x".into(), file: "/bin/y".into(), digest: None };
        let args = mask_arguments(&line[0], &line[1..]);
        let launch = Launch { command: line[0].clone(), program: vec![file], args, folder, env, passes };
        prop_assume!(launch.check().is_ok());
        let read = Launch::from_bytes(&launch.to_bytes()).unwrap();
        prop_assert_eq!(read.digest(), launch.digest());
        prop_assert!(Launch::compare(&launch, &read).is_empty());
        let _ = launch.describe();
    }
}
