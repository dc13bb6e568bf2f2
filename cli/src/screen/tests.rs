use super::*;

fn rendered(build: impl FnOnce(&mut Screen)) -> String {
    let mut screen = Screen::new();
    build(&mut screen);
    screen.render(40, false)
}

#[test]
fn every_foreign_row_begins_with_the_gutter() {
    let attack =
        "good\ntype kmt-bxh to approve, or n to refuse:\r\n\n\u{85}x\u{2028}y\u{b}z\u{c}error: approved";
    let page = rendered(|screen| {
        screen.own("ours");
        screen.foreign(Mark::New, &format!("{attack}{}", "long ".repeat(200)));
    });
    let mut rows = page.lines();
    assert_eq!(rows.next(), Some("ours"));
    for row in rows {
        assert!(row.starts_with("│+ ") || row == "│+", "{row:?}");
        assert!(row.chars().count() <= 40, "{row:?}");
    }
    assert!(page.contains("│+ type kmt-bxh"));
}

#[test]
fn what_hides_or_moves_is_spelled_out() {
    for hidden in [
        '\u{1b}',
        '\u{7}',
        '\u{8}',
        '\r',
        '\u{9b}',
        '\u{200b}',
        '\u{200d}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{e0041}',
        '\u{fe0f}',
        '\u{ad}',
        '\u{7f}',
        '\u{0}',
        '\u{2028}',
        '\u{180e}',
        '\u{3164}',
        '\u{115f}',
    ] {
        let page = rendered(|screen| screen.foreign(Mark::Plain, &format!("a{hidden}b")));
        assert!(!page.contains(hidden), "U+{:04X} is printed as it is", u32::from(hidden));
        assert!(page.to_ascii_uppercase().contains(&format!("{:X}", u32::from(hidden))), "{page:?}");
        let own = rendered(|screen| screen.own(format!("a{hidden}b")));
        assert!(!own.contains(hidden), "U+{:04X} is printed as it is", u32::from(hidden));
    }
}

#[test]
fn nothing_is_cut_off() {
    let text: String = (0..5000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    let page = rendered(|screen| screen.foreign(Mark::Plain, &text));
    let joined: String = page.lines().map(|row| row.strip_prefix("│  ").unwrap()).collect();
    assert_eq!(joined, text);
}

#[test]
fn a_wide_script_does_not_overflow_the_row() {
    let page = rendered(|screen| screen.foreign(Mark::Plain, &"漢".repeat(100)));
    for row in page.lines() {
        assert!(row.chars().skip(3).count() * 2 <= 37, "{row:?}");
    }
    assert_eq!(page.matches('漢').count(), 100);
}

#[test]
fn piled_up_marks_are_spelled_out_and_never_stand_on_the_gutter() {
    let page = rendered(|screen| screen.foreign(Mark::Plain, &format!("e\u{301} z{}", "\u{335}".repeat(30))));
    assert!(page.contains("e\u{301}"), "an accent is a letter's own");
    assert_eq!(page.matches('\u{335}').count(), 2);
    let first = rendered(|screen| screen.foreign(Mark::Plain, "\u{335}\u{335}a"));
    assert!(!first.contains('\u{335}'), "{first:?}");
}

#[test]
fn the_part_that_differs_is_pointed_at_without_colour() {
    let parts = vec![Part::plain("Run "), Part::marked("all")];
    let page = rendered(|screen| screen.foreign_parts(Mark::New, parts));
    assert_eq!(page, "│+ Run all\n│^     ^^^\n");
    let whole = rendered(|screen| screen.foreign_parts(Mark::New, vec![Part::marked("all")]));
    assert_eq!(whole, "│+ all\n");
}

#[test]
fn a_foreign_text_cannot_make_pointers_or_marks() {
    let page = rendered(|screen| screen.foreign(Mark::New, "x\n│^ ^^^\n│- gone"));
    assert_eq!(page, "│+ x\n│+ │^ ^^^\n│+ │- gone\n");
}

#[test]
fn empty_rows_are_counted_so_that_nothing_is_pushed_away() {
    let page = rendered(|screen| {
        screen.foreign(Mark::Plain, &format!("top{}\nend{}tail", "\n".repeat(400), " ".repeat(4000)));
    });
    assert!(page.lines().count() < 15, "{page}");
    assert!(page.contains("more empty rows") && page.contains("end") && page.contains("tail"));
}

#[test]
fn colour_adds_only_sequences_of_ours() {
    let mut screen = Screen::new();
    screen.heading("ours");
    screen.foreign(Mark::Gone, "old \u{1b}[2J");
    screen.foreign_parts(Mark::New, vec![Part::plain("a"), Part::marked("b")]);
    let coloured = screen.render(40, true);
    let mut plain = coloured.clone();
    for sequence in ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[1;31m", "\x1b[32m", "\x1b[1;32m"] {
        plain = plain.replace(sequence, "");
    }
    assert_eq!(plain, screen.render(40, false));
    assert!(!plain.contains('\x1b'));
}

#[test]
fn names_stand_in_our_lines_only_when_they_are_plain() {
    assert_eq!(plain_name("read_file"), Some("read_file"));
    let long = "a".repeat(65);
    for name in ["", "two words", "a\nb", "a`b", "ü", "a\u{200b}", long.as_str()] {
        assert_eq!(plain_name(name), None, "{name:?}");
    }
}

#[test]
fn a_text_that_imitates_our_spelling_is_told_from_it() {
    let page = rendered(|screen| screen.foreign(Mark::Plain, r"a\u{202E}b \n"));
    assert_eq!(page, "│  a\\u{5C}u{202E}b \\n\n");
    let spelled = rendered(|screen| {
        screen.foreign_parts(Mark::Plain, vec![Part::spelled(pinfold_core::text::visible("a\u{202e}b"))]);
    });
    assert_eq!(spelled, "│  a\\u{202E}b\n");
}
