//! What restless servers write into their definitions: a clock, a day, a zone, paths, an unordered set.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Replaces the words for things that differ from start to start or from place to place.
pub(crate) fn fill(text: &str, folder: &Path) -> String {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let zone = Some(variable("TZ")).filter(|zone| !zone.is_empty()).unwrap_or_else(|| "Etc/UTC".to_owned());
    let here = std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
    // A day can be given, since tests cannot wait for one.
    let day = std::fs::read_to_string(folder.join("day")).unwrap_or_else(|_| "2026-10-24".to_owned());
    text.replace("@CLOCK@", &clock(&day))
        .replace("@DAY@", &day)
        .replace("@ZONE@", &zone)
        .replace("@HOME@", &variable("HOME"))
        .replace("@FOLDER@", &here)
        .replace("@SET@", &set(folder))
}

/// The day that was given with the time of now: `2026-10-24T03:04:05.678901Z`.
fn clock(day: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let second = now.as_secs() % 86_400;
    let [hour, minute, second] = [second / 3600, second / 60 % 60, second % 60];
    format!("{day}T{hour:02}:{minute:02}:{second:02}.{:06}Z", now.subsec_micros())
}

/// Four items, one place further at each start of a server in this folder.
fn set(folder: &Path) -> String {
    let starts = std::fs::read_to_string(folder.join("starts")).unwrap_or_default().lines().count();
    let mut items = ["status", "priority", "labels", "assignee"];
    items.rotate_left(starts % 4);
    items.join(",")
}
