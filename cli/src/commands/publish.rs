//! `publish`: capture, compare, ask, sign, submit, and one verified bundle in the end.

mod document;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pinfold_core::entry::{Entry, Payload};
use pinfold_core::manifest::Manifest;
use pinfold_core::statement::Statement;
use pinfold_core::text::{visible, visible_path};
use pinfold_keys::Key;

use document::Body;

use super::capture::{check_output, release_part, unstable_parts, variables_part, write};
use super::diff;
use crate::args::PublishArgs;
use crate::capturing::{self, Failed, Variables, check_tools};
use crate::changed::ObjectPart;
use crate::comparison::Comparison;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::{Output, Problem};
use crate::own_file::{self, Writers};
use crate::publishing::{
    Asked, Claiming, LoggedRelease, Outcome, Standing, after_logging, ask, bundle_of, bundle_path,
    choose_log, claiming, logged_release, refuse_own_word, submit,
};
use crate::release::{Awaited, wait_until_visible};
use crate::release_file::ReleaseFile;
use crate::signing_key;

/// Publishes a release.
pub fn run(args: &PublishArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/publish/v1";
    let mut body = Body::default();
    match publish(args, &mut body, output) {
        Ok(()) => output.finish(SCHEMA, &body, Exit::Done, None),
        Err(failed) => {
            body.unstable = unstable_parts(&failed);
            output.finish(SCHEMA, &body, failed.problem.exit, Some(&failed.problem))
        }
    }
}

fn publish(args: &PublishArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Failed> {
    let given = args.manifest.as_deref().map(ReleaseFile::read).transpose()?;
    if let Some(path) = &args.output {
        check_output(path)?;
    }
    let facts = match &given {
        Some(_) => None,
        None => Some(capturing::facts(&args.release)?),
    };
    let name = match (&given, &facts) {
        (Some(file), _) => file.manifest().name().clone(),
        (_, Some(facts)) => facts.name.clone(),
        _ => return Err(nothing_to_publish().into()),
    };
    let log = choose_log(&args.to, &name.namespace())?;
    body.log = Some(log.origin().to_string());
    refuse_own_word(&log, args.signing.yes)?;
    let standing = Standing::of(&log, &name)?;
    let signer = Signer::of(args, output)?;
    let claiming = signer.claiming(&log, &standing, &name)?;
    body.claim = Some(claiming.claim.to_string());
    let before = match &standing.name {
        Some(state) => Some(logged_release(&log, &name, state.value.newest.index)?),
        None => None,
    };
    let (manifest, variables) = match (&given, &facts) {
        (Some(file), _) => (file.manifest().clone(), Variables::default()),
        (None, Some(facts)) => {
            if let Some(awaited) = awaited(args)? {
                wait_until_visible(facts, &awaited, output)?;
            }
            let taken = capturing::take(&args.release, facts, &args.command, None, output)?;
            body.variables = variables_part(&taken);
            (taken.manifest, taken.variables)
        }
        (None, None) => return Err(nothing_to_publish().into()),
    };
    body.release = Some(release_part(&manifest));
    let work = Work { args, log, claiming, before, manifest, variables, signer };
    Ok(work.finish(body, output)?)
}

/// Who signs: a key, or somebody who signed before.
enum Signer {
    Key(Key),
    Signed(Entry),
}

impl Signer {
    fn of(args: &PublishArgs, output: &mut Output<'_>) -> Result<Signer, Problem> {
        match &args.entry {
            Some(path) => Ok(Signer::Signed(read_entry(path)?)),
            None => {
                let key = signing_key::read(args.signing.key.as_deref(), &args.signing.passphrase, output)?;
                Ok(Signer::Key(key))
            }
        }
    }

    fn claiming(
        &self,
        log: &KnownLog,
        standing: &Standing,
        name: &pinfold_core::registry_name::RegistryName,
    ) -> Result<Claiming, Problem> {
        match (self, &standing.claim) {
            (Signer::Key(key), _) => claiming(log, standing, name, key.signing()),
            (Signer::Signed(_), Some(claim)) => {
                Ok(Claiming { claim: claim.id, keyset: None, earlier: claim.earlier })
            }
            (Signer::Signed(_), None) => Err(Problem::new(
                Exit::Refused,
                "CLAIM_ABSENT",
                format!("nobody claims {} in {} yet", name.namespace().as_str(), log.origin()),
                "the first release needs the key: publish it without `--entry`",
            )),
        }
    }
}

/// Everything that is known before the question.
struct Work<'a> {
    args: &'a PublishArgs,
    log: KnownLog,
    claiming: Claiming,
    before: Option<LoggedRelease>,
    manifest: Manifest,
    variables: Variables,
    signer: Signer,
}

impl Work<'_> {
    fn finish(mut self, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
        // What is published and then cannot be written would be an alarm over nothing.
        check_output(&self.file(&self.manifest))?;
        let old = self.before.as_ref().and_then(|before| before.manifest.as_ref());
        let comparison = old.map(|old| Comparison::of(old, &self.manifest));
        body.changes = comparison.as_ref().map(ObjectPart::all);
        if let Some(before) = &self.before
            && before.statement.version == *self.manifest.version()
        {
            return self.again(before, comparison.as_ref(), body, output);
        }
        check_tools(&self.manifest, old, self.args.release.expect_tools, &self.variables)?;
        self.lost_words()?;
        // At a terminal the question shows them, with every word.
        if let Some(comparison) = comparison.as_ref().filter(|_| self.args.signing.yes) {
            diff::lines(comparison, output);
        }
        let entry = self.signed(comparison.as_ref())?;
        if let Some(keyset) = self.claiming.keyset.take() {
            body.keyset_index = Some(self.claim(&keyset, output)?);
        }
        let index = match submit(&self.log, &entry, Some(&self.manifest), output)? {
            Outcome::Refused { name, index: Some(index), .. }
                if matches!(name.as_str(), "VersionUsed" | "SequenceTaken") =>
            {
                return self.lost_to(&name, index, body, output);
            }
            outcome => outcome.accepted()?,
        };
        let logged = |problem| after_logging(problem, &self.log, "release", index);
        let release = logged_release(&self.log, self.manifest.name(), index).map_err(logged)?;
        if release.payload != entry.payload_digest() {
            return Err(Problem::new(
                Exit::Refused,
                "LOG_ENTRY_MISMATCH",
                format!("the log says entry {index} for what was sent, and another release stands there"),
                "no file was written; keep the answer as evidence",
            ));
        }
        self.write(&release, body, output).map_err(logged)
    }

    /// The bundle's file.
    fn file(&self, words: &Manifest) -> PathBuf {
        self.args.output.clone().unwrap_or_else(|| bundle_path(words))
    }

    /// The entry, signed after the one question.
    fn signed(&self, comparison: Option<&Comparison>) -> Result<Entry, Problem> {
        let previous = self.before.as_ref().map(|before| (before.statement.sequence, before.payload));
        let statement = Statement::build(&self.manifest, self.claiming.claim, previous);
        let key = match &self.signer {
            Signer::Signed(entry) => return self.same_statement(entry, &statement),
            Signer::Key(key) => key.signing(),
        };
        if !self.args.signing.yes {
            let before = self.before.as_ref().map(|before| before.statement.version.as_str());
            let asked = Asked {
                manifest: &self.manifest,
                sequence: statement.sequence,
                claim: self.claiming.claim,
                is_first_claim: self.claiming.keyset.is_some(),
                earlier_claims: self.claiming.earlier,
                key: &key.public_key(),
                log: Some(&self.log),
                comparison,
                before,
            };
            ask(&asked, "pinfold publish")?;
        }
        Entry::sign(statement, &[key]).map_err(|error| {
            Problem::new(
                Exit::Refused,
                "ENTRY_INVALID",
                format!("no entry can be made of the release: {}", visible(&error.to_string())),
                "name fewer files, or shorter ones",
            )
        })
    }

    /// An entry that was signed before is sent only if it says what would be signed now.
    fn same_statement(&self, entry: &Entry, expected: &Statement) -> Result<Entry, Problem> {
        let differs = |what: &str| {
            Problem::new(
                Exit::Refused,
                "ENTRY_OUTDATED",
                format!("the signed entry has another {what} than this release needs now"),
                "sign the manifest again with `pinfold sign`",
            )
        };
        match entry.payload() {
            Payload::Release(found) if **found == *expected => Ok(entry.clone()),
            Payload::Release(found) if found.manifest != expected.manifest => Err(differs("manifest")),
            Payload::Release(found) if found.claim != expected.claim => Err(differs("claim")),
            Payload::Release(found) if found.sequence != expected.sequence => Err(differs("sequence")),
            Payload::Release(_) => Err(differs("release before it")),
            _ => Err(differs("kind")),
        }
    }

    fn claim(&self, keyset: &Entry, output: &mut Output<'_>) -> Result<u64, Problem> {
        let index = submit(&self.log, keyset, None, output)?.accepted()?;
        let namespace = self.manifest.name().namespace();
        output.line(format!("{} is claimed in {}, entry {index}.", namespace.as_str(), self.log.origin()));
        Ok(index)
    }

    /// The newest release has this version already: it is this release, or the version is used.
    fn again(
        &self,
        before: &LoggedRelease,
        comparison: Option<&Comparison>,
        body: &mut Body,
        output: &mut Output<'_>,
    ) -> Result<(), Problem> {
        let used = |first: String| {
            Problem::new(
                Exit::Refused,
                "VERSION_USED",
                format!(
                    "{} {} is published already (entry {}) and says something else: {first}",
                    self.manifest.name().as_str(),
                    self.manifest.version(),
                    before.index
                ),
                "give the release another version; a version is used once",
            )
        };
        let is_same = before.statement.manifest == self.manifest.digest();
        let words = match comparison {
            _ if is_same => &self.manifest,
            // The order of a listing is no difference: the words that were signed are written.
            Some(comparison) if comparison.is_empty() => before.manifest.as_ref().unwrap_or(&self.manifest),
            Some(comparison) => return Err(used(comparison.first().unwrap_or_default())),
            None => return Err(used("its words are not in the log any more".to_owned())),
        };
        body.already = true;
        output.line("published before; nothing is signed anew.");
        let bundle = bundle_of(&self.log, before, words)?;
        self.write_bundle(before, words, &bundle, body, output)
    }

    /// Another release was faster, or used the version longer ago: it may be this one, sent by a run that was killed.
    fn lost_to(
        &self,
        refusal: &str,
        index: u64,
        body: &mut Body,
        output: &mut Output<'_>,
    ) -> Result<(), Problem> {
        let winner = logged_release(&self.log, self.manifest.name(), index)?;
        if winner.statement.version == *self.manifest.version() {
            let comparison = winner.manifest.as_ref().map(|old| Comparison::of(old, &self.manifest));
            return self.again(&winner, comparison.as_ref(), body, output);
        }
        Err(Problem::new(
            Exit::Refused,
            refusal,
            format!("version {} was published meanwhile (entry {index})", winner.statement.version),
            "run the same command again: it compares with that release and asks anew",
        ))
    }

    /// Nothing tells whether fewer tools are meant where the words before are not known.
    fn lost_words(&self) -> Result<(), Problem> {
        let lost = self.before.as_ref().filter(|before| before.manifest.is_none());
        match lost {
            Some(before) if self.args.release.expect_tools.is_none() => Err(Problem::new(
                Exit::Refused,
                "WORDS_LOST",
                format!("the log does not have the words of version {} any more", before.statement.version),
                "nothing can be compared; if that is known, say `--expect-tools N`",
            )),
            _ => Ok(()),
        }
    }

    fn write(
        &self,
        release: &LoggedRelease,
        body: &mut Body,
        output: &mut Output<'_>,
    ) -> Result<(), Problem> {
        let bundle = bundle_of(&self.log, release, &self.manifest)?;
        self.write_bundle(release, &self.manifest, &bundle, body, output)
    }

    fn write_bundle(
        &self,
        release: &LoggedRelease,
        words: &Manifest,
        bundle: &[u8],
        body: &mut Body,
        output: &mut Output<'_>,
    ) -> Result<(), Problem> {
        let path = self.file(words);
        body.index = Some(release.index);
        body.sequence = Some(release.statement.sequence);
        body.statement = Some(release.payload.to_string());
        write(&path, bundle)?;
        body.file = Some(visible_path(&path));
        output.heading(format!("{} {}", words.name().as_str(), words.version()));
        output.line(format!(
            "  entry {} of {}, release {} of this name",
            release.index,
            self.log.origin(),
            release.statement.sequence
        ));
        output.line(format!("  claim {}", release.statement.claim));
        output.line(format!("{}: verified, and verifies without a network.", visible_path(&path)));
        output.line(format!(
            "Your users trust you once: `pinfold policy trust {}` shows them log and claim, and asks.",
            visible_path(&path)
        ));
        Ok(())
    }
}

fn awaited(args: &PublishArgs) -> Result<Option<Awaited>, Problem> {
    let Some(url) = &args.registry else { return Ok(None) };
    let registry = url.parse().map_err(|error| {
        Problem::new(
            Exit::Usage,
            "USAGE",
            format!("`{}` is no address of a registry: {error}", visible(url)),
            "name it by its URL, such as https://registry.example",
        )
    })?;
    Ok(Some(Awaited { registry, look_ups: args.look_ups, pause: Duration::from_secs(args.pause) }))
}

fn read_entry(path: &Path) -> Result<Entry, Problem> {
    let bytes =
        own_file::read(path, pinfold_core::entry::MAX_ENTRY_BYTES, Writers::Anybody).map_err(|fault| {
            Problem::new(
                Exit::Undetermined,
                "ENTRY_UNREADABLE",
                fault.to_string(),
                "check the name of the file",
            )
        })?;
    Entry::parse(&bytes).map_err(|error| {
        Problem::new(
            Exit::Refused,
            "ENTRY_INVALID",
            format!("{} is no entry: {}", visible_path(path), visible(&error.to_string())),
            "`pinfold sign` makes one",
        )
    })
}

fn nothing_to_publish() -> Problem {
    Problem::new(Exit::Usage, "USAGE", "nothing is named to be published", "name a command behind `--`")
}
