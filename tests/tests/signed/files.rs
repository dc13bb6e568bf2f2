//! Files of the person's own that stand behind links, or cannot be written when a yes has been said.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use pinfold_tests::expect;
use pinfold_tests::terminal::Terminal;

use crate::world::{World, says};

/// A log with one release, and a trust file that knows the log and not yet the publisher.
fn world() -> (World, String) {
    let mut world = World::new();
    let release = world.publish(&says(0));
    let bundle = world.bundle(release);
    let text = fs::read_to_string(trust_file(&world)).unwrap();
    let (log, _) = text.split_once("[[claim]]").unwrap();
    fs::write(trust_file(&world), log).unwrap();
    (world, bundle)
}

fn trust_file(world: &World) -> PathBuf {
    world.stage.home.path().join(".config/pinfold/trust.toml")
}

fn trust(world: &World, bundle: &str) -> Terminal {
    Terminal::run(world.stage.home.pinfold(["policy", "trust", bundle]))
}

#[test]
fn a_trust_file_behind_a_link_is_replaced_and_the_link_stays() {
    let (world, bundle) = world();
    let (link, folder) = (trust_file(&world), world.stage.home.path().join("dotfiles"));
    let real = folder.join("trust.toml");
    fs::create_dir(&folder).unwrap();
    fs::rename(&link, &real).unwrap();
    symlink("../../dotfiles/trust.toml", &link).unwrap();
    let outcome = trust(&world, &bundle).approve_all().expect_code(0);
    let said = format!("a link to {}, now trusts", real.canonicalize().unwrap().display());
    assert!(outcome.text.contains(&said), "{}", outcome.text);
    assert!(link.is_symlink() && !real.is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("[[claim]]"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
    assert_eq!(world.stage.status_of(&["verify", &bundle, "--json"])["verdict"], "verified");

    // Nothing is at its end: that is no empty trust, and nothing is made there.
    fs::remove_file(&real).unwrap();
    let document = world.stage.status_of(&["policy", "trust", &bundle, "--json"]);
    assert_eq!((&document["exit"], &document["error"]["code"]), (&3.into(), &"TRUST_UNREADABLE".into()));
    assert!(link.is_symlink() && !real.exists());
}

#[test]
fn a_trust_that_cannot_be_written_stands_as_it_was() {
    let (world, bundle) = world();
    let file = trust_file(&world);
    let before = fs::read(&file).unwrap();
    let mut terminal = trust(&world, &bundle);
    let word = terminal.challenge();
    // Where the new text would be drafted stands what is no file.
    fs::create_dir(file.with_file_name(format!("trust.toml.new-{}", terminal.pid()))).unwrap();
    terminal.type_keys(&format!("{word}\n"));
    let outcome = terminal.finish().expect_code(3);
    expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("trust.toml: it cannot be written: "), "{}", outcome.text);
    assert!(outcome.text.contains("it stands as it was"), "{}", outcome.text);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_renewed_bundle_that_cannot_be_written_leaves_the_old_one() {
    let mut world = World::new();
    let release = world.publish(&says(0));
    let bundle = world.bundle(release);
    let served = world.serve();
    let (real, link) = (world.stage.home.work().join(&bundle), world.stage.home.work().join("link.pinfold"));
    symlink(&real, &link).unwrap();
    let before = fs::read(&real).unwrap();
    let document = world.stage.status_of(&["verify", "link.pinfold", "--refresh", "--json"]);
    let error = &document["error"];
    assert_eq!((&document["exit"], &error["code"]), (&3.into(), &"RELEASE_FILE_NOT_WRITTEN".into()));
    assert!(error["message"].as_str().unwrap().contains("symbolic link; name the file itself"), "{error:#}");
    assert!(link.is_symlink());
    assert_eq!(fs::read(&real).unwrap(), before);
    // The file itself is renewed.
    let document = world.stage.status_of(&["verify", &bundle, "--refresh", "--json"]);
    assert_eq!((&document["exit"], &document["refreshed"]), (&0.into(), &true.into()), "{document:#}");
    drop(served);
}
