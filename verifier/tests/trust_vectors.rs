//! The vectors of `spec/trust.md`.
#![allow(clippy::unwrap_used)]

#[path = "../../core/tests/support/mod.rs"]
mod support;

use pinfold_core::registry_name::Namespace;
use pinfold_verifier::trust::{
    Duration, MAX_CLAIMS, MAX_LOGS, MAX_TRUST_BYTES, Trust, TrustRefusal, TrustedClaim, TrustedLog,
};
use support::vectors;

const POLICY: &str = "log log.example+75c2a19a+AeVr0bDqhLST8NV3ThcBg7SfqiXykC1xtEmRU7JA/ytY\nquorum none\n";
const CLAIM: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bb22cd15d6c15b0f00a08";

#[test]
fn every_vector_of_trust_comes_out_as_expected() {
    for mut vector in vectors("trust") {
        let (file, expect) = (vector.file.clone(), vector.need("expect"));
        let text = std::str::from_utf8(&vector.input).unwrap().to_owned();
        match Trust::parse(&text) {
            Ok(trust) => {
                assert_eq!(expect, "ok", "{file}");
                assert_eq!(vector.need("logs"), logs(&trust), "{file}");
                assert_eq!(vector.need("claims"), claims(&trust), "{file}");
                assert_eq!(Trust::parse(&trust.to_text()).unwrap(), trust, "{file}");
            }
            Err(error) => {
                assert_eq!(expect, error.refusal.as_str(), "{file}: {error}");
                assert_eq!(vector.need("at"), format!("{}:{}", error.line, error.column), "{file}: {error}");
                assert!(!error.message.contains('\n'), "{file}: {error}");
            }
        }
        vector.finish();
    }
}

fn logs(trust: &Trust) -> String {
    let log =
        |log: &TrustedLog| format!("{} {} {}", log.origin(), log.max_age().seconds(), log.grace().seconds());
    trust.logs().map(log).collect::<Vec<_>>().join("; ")
}

fn claims(trust: &Trust) -> String {
    let claim =
        |claim: &TrustedClaim| format!("{} {} {} {}", claim.namespace, claim.log, claim.claim, claim.history);
    trust.claims().map(claim).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_trust_file_over_its_limits_is_refused() {
    let refusal = |text: &str| Trust::parse(text).map_err(|error| error.refusal);
    let long = format!("version = 1\n#{}\n", "x".repeat(MAX_TRUST_BYTES));
    assert_eq!(refusal(&long), Err(TrustRefusal::Size));
    assert!(refusal(&long[..MAX_TRUST_BYTES]).is_ok());

    let log = format!("[[log]]\norigin = \"log.example\"\npolicy = \"\"\"\n{POLICY}\"\"\"\n");
    let logs = format!("version = 1\n{}", log.repeat(MAX_LOGS + 1));
    assert_eq!(refusal(&logs), Err(TrustRefusal::Size));

    let claims = |count: usize| {
        let claims = (0..count).map(|number| {
            format!("[[claim]]\nnamespace = \"a{number}\"\nlog = \"log.example\"\nclaim = \"{CLAIM}\"\n")
        });
        format!("version = 1\n{log}{}", claims.collect::<String>())
    };
    assert_eq!(refusal(&claims(MAX_CLAIMS + 1)), Err(TrustRefusal::Size));
    assert_eq!(refusal(&claims(MAX_CLAIMS)).unwrap().claims().count(), MAX_CLAIMS);
}

#[test]
fn a_claim_is_added_once_and_never_replaced_silently() {
    let log = TrustedLog::new("log.example".parse().unwrap(), None, POLICY).unwrap();
    assert_eq!((log.max_age(), log.grace()), (Duration::DEFAULT_MAX_AGE, Duration::DEFAULT_GRACE));
    let namespace: Namespace = "io.github.acme".parse().unwrap();
    let claim = TrustedClaim {
        namespace: namespace.clone(),
        log: "log.example".parse().unwrap(),
        claim: CLAIM.parse().unwrap(),
        history: 1,
    };
    let refused = Trust::default().with_claim(claim.clone()).unwrap_err();
    assert_eq!(refused.refusal, TrustRefusal::ClaimLog);
    let trust = Trust::default().with_log(log.clone()).unwrap().with_claim(claim.clone()).unwrap();
    assert_eq!(trust.clone().with_claim(claim.clone()).unwrap(), trust);
    assert_eq!(trust.clone().with_log(log).unwrap_err().refusal, TrustRefusal::LogTwice);
    let more = TrustedClaim { history: 3, ..claim.clone() };
    let seen = trust.clone().with_claim(more.clone()).unwrap();
    assert_eq!(seen.claim(&namespace), Some(&more));
    assert_eq!(seen.clone().with_claim(claim.clone()).unwrap(), seen);
    let mut other = claim.clone();
    other.claim = CLAIM.replace("9f", "8f").parse().unwrap();
    other.namespace = "IO.GitHub.acme".parse().unwrap();
    assert_eq!(trust.clone().with_claim(other.clone()).unwrap_err().refusal, TrustRefusal::NamespaceTwice);
    let replaced = trust.without_claim(&namespace).with_claim(other.clone()).unwrap();
    assert_eq!(replaced.claim(&namespace), Some(&other));
    assert_eq!(Trust::parse(&replaced.to_text()).unwrap(), replaced);
}

#[test]
fn policies_of_any_text_are_written_so_that_they_read_the_same() {
    for comment in ["# say \"\"\" here", "# back\\slash", "# tab\there", "# \u{85} next line", "# h\u{e9}"] {
        let policy = format!("{comment}\n{POLICY}");
        let log = TrustedLog::new("log.example".parse().unwrap(), None, &policy).unwrap();
        let trust = Trust::default().with_log(log).unwrap();
        assert_eq!(Trust::parse(&trust.to_text()).unwrap(), trust, "{comment}");
    }
}
