//! The page of `policy trust`: who claims a namespace, by what evidence, in which log, watched by whom.

use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::keyset::{Evidence, Keyset, Roles};
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_verifier::release::Release;
use pinfold_verifier::trust::TrustedLog;

use crate::challenge::Shown;
use crate::screen::{Mark, Part, Screen, plain_name};

/// What a yes would add to the trust file.
pub(crate) struct TrustPage<'a> {
    /// The release from which the claim is known; everything of it but the trust was verified.
    pub(crate) release: &'a Release,
    /// The claim's keysets, the first first.
    pub(crate) keysets: Vec<&'a Keyset>,
    /// The log.
    pub(crate) log: &'a TrustedLog,
    /// Whether the log is new in the trust file.
    pub(crate) new_log: bool,
    /// The claim that is trusted for the namespace now.
    pub(crate) replaces: Option<Digest>,
    /// What stands in the trust file for the log beside its origin: when the head was witnessed, in words.
    pub(crate) witnessed: String,
}

/// The page, and what its challenge stands for.
pub(crate) fn trust_page(page: &TrustPage<'_>) -> (Screen, Shown) {
    let mut screen = Screen::new();
    let namespace = page.release.statement().name.namespace();
    let claim = page.release.claim();
    screen.heading(format!("Trust a publisher: {namespace}"));
    screen.gap();
    if page.replaces == Some(claim) {
        screen.heading("The keys of this claim were RECOVERED, or its log changed, since you trusted it.");
        screen.own("  Unless you know why, this may be somebody else.");
        screen.gap();
    } else if let Some(old) = page.replaces {
        screen.heading("ANOTHER claim is trusted for this namespace now. A yes replaces it:");
        screen.own(format!("  trusted now  {old}"));
        screen.own("  Unless you know why the publisher changed, this may be somebody else.");
        screen.gap();
    }
    claim_lines(page, &mut screen);
    screen.gap();
    log_lines(page, &mut screen);
    screen.gap();
    screen.own(
        "A yes means: releases signed by this claim and logged there are this publisher's, from now on.",
    );
    screen.own("It approves no server and no words; `pinfold review` goes on asking about those.");
    let mut shown = Shown::new("trust", &namespace.lower());
    shown.digest("claim", &claim);
    shown.answer("log", page.log.origin().as_str());
    shown.answer("history", &page.release.keysets().len().to_string());
    shown.digest("policy", &file_digest(page.log.policy_text().as_bytes()));
    if let Some(old) = page.replaces {
        shown.digest("replaces", &old);
    }
    (screen, shown)
}

fn claim_lines(page: &TrustPage<'_>, screen: &mut Screen) {
    let statement = page.release.statement();
    screen.own(format!("  claim        {}", page.release.claim()));
    let version = plain_name(statement.version.as_str()).unwrap_or("(a version that is no plain name)");
    screen.own(format!("  known from   {} {version}", statement.name));
    screen.own(format!(
        "  earlier      {} other claims held this namespace before",
        page.release.earlier_claims()
    ));
    let Some(newest) = page.keysets.last() else { return };
    screen.own(format!("  keys         keyset {} is in force:", newest.version()));
    for key in newest.keys() {
        let roles = match key.roles {
            Roles::Recovery => "recovery",
            Roles::Release => "release",
            Roles::Root => "root",
            Roles::ReleaseAndRoot => "release and root",
        };
        screen.own(format!("                 {} ({roles})", key.key.id()));
    }
    match newest.evidence() {
        Evidence::None => {
            screen.own(
                "  evidence     none: nothing says that the namespace is theirs. Compare the claim with",
            );
            screen.own("               what the publisher shows by another way, such as their own site.");
        }
        Evidence::RegistryKey { domain, method, .. } => {
            screen.own(format!(
                "  evidence     by the log's word this domain names the key ({}):",
                method.as_str()
            ));
            screen.foreign_parts(Mark::Plain, vec![Part::plain(domain.clone())]);
        }
        Evidence::GithubOidc { owner, owner_id, .. } => {
            screen.own("  evidence     by the log's word this GitHub account, and its number, asked for it:");
            screen.foreign_parts(Mark::Plain, vec![Part::plain(format!("{owner} {owner_id}"))]);
        }
    }
}

fn log_lines(page: &TrustPage<'_>, screen: &mut Screen) {
    let what = if page.new_log { "not trusted yet; a yes trusts it too" } else { "trusted already" };
    screen.own(format!("  log          {} ({what})", page.log.origin()));
    match page.log.url() {
        Some(url) => screen.foreign_parts(Mark::Plain, vec![Part::plain(url.to_string())]),
        None => screen.own("  url          none: for offline use only"),
    }
    screen.own(format!("  entry        {} of {}", page.release.index(), page.release.head().0));
    screen.own(format!("  witnessed    {}", page.witnessed));
    let policy: &TlogPolicy = page.log.policy();
    if policy.needs_no_witness() {
        screen.heading(
            "  NO WITNESS is asked: this log can show each reader another history, and no age is known.",
        );
    }
    screen.own("  its key and its witnesses, as they would be trusted:");
    screen.foreign(Mark::Plain, page.log.policy_text().trim_end());
}
