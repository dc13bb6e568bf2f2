//! `policy trust`: shows who claims a namespace and in which log, asks at the terminal, and writes the trust file.

use std::path::{Path, PathBuf};

use pinfold_core::bundle::Bundle;
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::entry::Payload;
use pinfold_core::keyset::Keyset;
use pinfold_core::text::{visible, visible_path};
use pinfold_core::tlog_policy::MAX_POLICY_BYTES;
use pinfold_store::Places;
use pinfold_verifier::release::{Opened, Question, Release, Requirements, Step};
use pinfold_verifier::trust::{Trust, TrustedClaim, TrustedLog};
use serde::Serialize;

use super::super::log::evidence_words;
use super::super::review::tell;
use crate::exit::Exit;
use crate::home;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::own_file::{self, Writers};
use crate::page::trust::{TrustPage, trust_page};
use crate::release_file::{self, no_bundle};
use crate::seen::Seen;
use crate::terminal::Terminal;
use crate::time;
use crate::trust_file::{self, ReplaceError, TrustFile};

const SCHEMA: &str = "pinfold/policy-trust/v1";

#[derive(Default, Serialize)]
struct Body {
    file: Option<String>,
    trust_file: Option<String>,
    namespace: Option<String>,
    claim: Option<String>,
    evidence: Option<String>,
    /// Key ids of the keyset in force.
    keys: Vec<String>,
    log: Option<String>,
    new_log: Option<bool>,
    witnesses: Vec<String>,
    /// The claim that a yes would replace.
    replaces: Option<String>,
    /// `trusted` (already, or by this run), `waits` or `refused`.
    verdict: Option<&'static str>,
}

/// Runs the command.
pub fn run(file: &Path, policy: Option<&Path>, output: &mut Output<'_>) -> Exit {
    let mut body = Body { file: Some(visible_path(file)), ..Body::default() };
    match trust(file, policy, &mut body, output) {
        Ok(()) => {
            body.verdict = Some("trusted");
            output.finish(SCHEMA, &body, Exit::Done, None)
        }
        Err(problem) => {
            body.verdict = match problem.exit {
                Exit::Waits => Some("waits"),
                Exit::Refused => Some("refused"),
                _ => None,
            };
            output.finish(SCHEMA, &body, problem.exit, Some(&problem))
        }
    }
}

fn trust(
    file: &Path,
    policy: Option<&Path>,
    body: &mut Body,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let places = home::places()?;
    let own = trust_file::own(&places).map_err(|fault| fault.problem())?;
    body.trust_file = Some(visible_path(&own.path));
    let opened = Opened::read(&release_file::bytes(file)?);
    let bundle = opened.bundle().map_err(no_bundle)?;
    let origin = origin_of(bundle)?;
    let (with_log, new_log) = with_log(&own.trust, &origin, policy, file)?;
    let namespace = bundle.statement().name.namespace();
    let mut base = with_log;
    let mut replaces = None;
    let mut judgement = judged(&opened, &origin, &base, &places)?;
    if matches!(judgement, Judged::OtherPublisher) {
        // Whom the person trusts now is the question; everything else is judged as it stands.
        replaces = own.trust.claim(&namespace).map(|known| known.claim);
        base = base.without_claim(&namespace);
        judgement = judged(&opened, &origin, &base, &places)?;
    }
    let release = match judgement {
        Judged::Claimant(release) => release,
        Judged::Trusted | Judged::OtherPublisher => {
            output.line(format!("The claim of {namespace} in {origin} is trusted already."));
            (body.namespace, body.log) = (Some(namespace.to_string()), Some(origin.to_string()));
            body.claim = Some(bundle.statement().claim.to_string());
            return Ok(());
        }
    };
    let log = base.log(&origin).expect("it was put in above");
    fill(body, &release, log, new_log, replaces);
    if output.is_json() {
        return Err(waits(file, policy));
    }
    let terminal =
        Terminal::open(|name| std::env::var_os(name)).map_err(|none| none.problem(&command(file, policy)))?;
    let page = TrustPage {
        release: &release,
        keysets: keysets(&release),
        log,
        new_log,
        replaces,
        witnessed: witnessed(&release),
    };
    let (screen, shown) = trust_page(&page);
    let answer = terminal
        .ask_page(&screen, &shown, Offers::default())
        .map_err(|error| Problem::terminal_lost(&error, "nothing was decided"))?;
    if answer != Answer::Approve {
        return Err(Problem::new(
            Exit::Refused,
            "NOT_TRUSTED",
            format!("nothing was changed: the claim of {namespace} is not trusted"),
            "its releases are refused until you say yes: run the same command again",
        ));
    }
    let claim = TrustedClaim {
        namespace: namespace.clone(),
        log: origin.clone(),
        claim: release.claim(),
        history: release.keysets().len() as u64,
    };
    let new = base.clone().with_claim(claim).map_err(|error| too_much(&own, &error.to_string()))?;
    let real = replace(&own, &new)?;
    tell(&format!("{namespace}: a publisher was trusted at a terminal."), &places);
    let file = visible_path(&own.path);
    let file = if real == own.path { file } else { format!("{file}, a link to {},", visible_path(&real)) };
    output.line(format!("{file} now trusts the claim of {namespace} in {origin}."));
    Ok(())
}

enum Judged {
    Trusted,
    /// Another claim, another log, or recovered keys, where one is trusted.
    OtherPublisher,
    Claimant(Box<Release>),
}

/// Everything but the trust of the claim must hold before a person is asked.
fn judged(opened: &Opened, origin: &Origin, trust: &Trust, places: &Places) -> Result<Judged, Problem> {
    let seen = Seen::open(places)?;
    let bundle = opened.bundle().map_err(no_bundle)?;
    let (name, claim) = (&bundle.statement().name, bundle.statement().claim);
    let marks = seen.marks(trust.logs().map(TrustedLog::origin), Some((origin, name, &claim)))?;
    let question = Question {
        trust,
        marks: &marks,
        requirements: Requirements::default(),
        now: time::now(),
        expected_name: None,
        pinned: None,
        consistency: None,
    };
    let report = opened.clone().judge(&question);
    if let Some(claimant) = report.claimant() {
        return Ok(Judged::Claimant(Box::new(claimant.release().clone())));
    }
    match report.outcome() {
        Ok(_) => Ok(Judged::Trusted),
        Err(rejection) if rejection.step() == Step::Continuity => Ok(Judged::OtherPublisher),
        Err(rejection) => Err(Problem::new(
            Exit::Refused,
            rejection.code().as_str(),
            format!("the release does not verify, so nobody is asked: {rejection}"),
            rejection.hint(),
        )),
    }
}

fn origin_of(bundle: &Bundle) -> Result<Origin, Problem> {
    let origin = bundle.proof().checkpoint().checkpoint().origin();
    origin.parse().map_err(|_| {
        Problem::new(
            Exit::Refused,
            "KEYSET_INVALID",
            format!("the head is of the log {:?}, and no log has that name", visible(origin)),
            "do not use this file",
        )
    })
}

/// The trust with the bundle's log in it, and whether that is new.
fn with_log(
    trust: &Trust,
    origin: &Origin,
    policy: Option<&Path>,
    file: &Path,
) -> Result<(Trust, bool), Problem> {
    let Some(path) = policy else {
        if trust.log(origin).is_some() {
            return Ok((trust.clone(), false));
        }
        return Err(Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            format!("the release is in the log {origin}, which is not trusted yet"),
            format!(
                "get the log's policy (its key and its witnesses) by a way that you trust, then: pinfold policy \
                 trust {} --log POLICY",
                visible_path(file)
            ),
        ));
    };
    let invalid = |message: String| {
        Problem::new(
            Exit::Usage,
            "POLICY_INVALID",
            format!("{}: {message}", visible_path(path)),
            "a tlog-policy has one `log` line, `witness` lines and a `quorum` line",
        )
    };
    let bytes = own_file::read(path, MAX_POLICY_BYTES, Writers::Owner).map_err(|fault| {
        Problem::new(Exit::Undetermined, "POLICY_UNREADABLE", fault.to_string(), "check the name of the file")
    })?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("it is not UTF-8".to_owned()))?;
    let mut log =
        TrustedLog::new(origin.clone(), None, &text).map_err(|error| invalid(visible(&error.to_string())))?;
    if let Some(url) = log.policy().logs()[0].url.clone() {
        let url = url.parse().map_err(|error| invalid(format!("the URL of the log: {error}")))?;
        log = TrustedLog::new(origin.clone(), Some(url), &text)
            .map_err(|error| invalid(visible(&error.to_string())))?;
    }
    match trust.log(origin) {
        None => {
            let with = trust.clone().with_log(log).map_err(|error| invalid(visible(&error.to_string())))?;
            Ok((with, true))
        }
        Some(known) if known.policy() == log.policy() => Ok((trust.clone(), false)),
        Some(_) => Err(Problem::new(
            Exit::Refused,
            "LOG_TRUSTED_OTHERWISE",
            format!("the log {origin} is trusted already, by another key or with other witnesses"),
            "if that is meant, change its section in the trust file by hand; nothing was changed",
        )),
    }
}

fn fill(body: &mut Body, release: &Release, log: &TrustedLog, new_log: bool, replaces: Option<Digest>) {
    let keysets = keysets(release);
    body.namespace = Some(release.statement().name.namespace().to_string());
    body.claim = Some(release.claim().to_string());
    body.evidence = keysets.last().map(|keyset| evidence_words(keyset.evidence()));
    body.keys = keysets
        .last()
        .map(|keyset| keyset.keys().iter().map(|key| key.key.id().to_string()).collect())
        .unwrap_or_default();
    body.log = Some(log.origin().to_string());
    body.new_log = Some(new_log);
    body.witnesses = log.policy().witnesses().iter().map(|witness| visible(&witness.name)).collect();
    body.replaces = replaces.map(|claim| claim.to_string());
}

fn keysets(release: &Release) -> Vec<&Keyset> {
    let payloads = release.keysets().iter().map(|logged| logged.entry.payload());
    payloads
        .filter_map(|payload| match payload {
            Payload::Keyset(keyset) => Some(&**keyset),
            _ => None,
        })
        .collect()
}

fn witnessed(release: &Release) -> String {
    let at = release.freshness().fresh_time.map(time::for_people);
    match (release.cosigners(), at) {
        ([], _) => "by nobody".to_owned(),
        (names, None) => format!("by {}", visible(&names.join(", "))),
        (names, Some(at)) => format!("by {} on {at}", visible(&names.join(", "))),
    }
}

fn replace(own: &TrustFile, new: &Trust) -> Result<PathBuf, Problem> {
    trust_file::replace(own, new).map_err(|error| match error {
        ReplaceError::Changed => Problem::new(
            Exit::Refused,
            "CHANGED_WHILE_SHOWN",
            format!("{} changed before you answered; nothing was changed", visible_path(&own.path)),
            "run the same command again and look at what it shows then",
        ),
        ReplaceError::Write(_) => Problem::new(
            Exit::Undetermined,
            "TRUST_NOT_WRITTEN",
            format!("{}: {error}; it stands as it was", visible_path(&own.path)),
            "make room, or look at the file, where its link leads if it is one, and at the permissions there",
        ),
    })
}

fn too_much(own: &TrustFile, message: &str) -> Problem {
    Problem::new(
        Exit::Refused,
        "TRUST_INVALID",
        format!("{}: {}; nothing was changed", visible_path(&own.path), visible(message)),
        "remove what is no longer used from the file",
    )
}

fn waits(file: &Path, policy: Option<&Path>) -> Problem {
    Problem::new(
        Exit::Waits,
        "NO_TERMINAL",
        "a person has to decide this, at a terminal and without --json",
        format!("run `{}` yourself, in a terminal of your own that no agent started", command(file, policy)),
    )
}

fn command(file: &Path, policy: Option<&Path>) -> String {
    let log = policy.map(|path| format!(" --log {}", visible_path(path))).unwrap_or_default();
    format!("pinfold policy trust {}{log}", visible_path(file))
}
