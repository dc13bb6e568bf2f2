//! The arguments of a call against the approved schema.
//!
//! Source: `spec/decision.md`, Arguments. Compiled once an object, checked on every call. A schema, or a part of one,
//! that cannot be enforced is reported and never hides its tool; what *is* enforced refuses. `format`, `contentEncoding`
//! and `contentMediaType` never refuse. Nothing is fetched, patterns run in linear time, and the steps of one check and
//! the depth of its recursion are bounded, whatever schema and arguments are.

mod call;
mod convert;
mod enforce;
mod expected;
mod instance;
mod node;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jsonschema::{PatternOptions, Validator};
use pinfold_core::json::{self, ReadLimits, Value, pointer_push};
use pinfold_core::surface::schema;

pub use call::CallCheck;

use instance::Instance;
use node::{Measured, Meter, Metered};

/// The most levels of arrays and objects in arguments, outermost included. Largest depth of a real tool's own schema
/// document: 22.
pub const MAX_ARGUMENT_LEVELS: usize = 96;

/// The most nested applications of schemas in one check, which bounds the stack: levels of the arguments times the
/// longest chain of schemas on one value.
const MAX_NESTED_APPLICATIONS: usize = 1_024;

/// Steps of one check that are always allowed; a step is one look at a value.
const FREE_STEPS: u64 = 1_000_000;

/// Steps to find the place of a fault. Each costs more than in the check itself, because alternatives that fail are
/// written down; where they do not suffice, the fault names no place.
const FREE_STEPS_TO_PLACE: u64 = 20_000;

/// Further steps for each byte of the arguments, so that long lists are not refused for their length.
const STEPS_A_BYTE: u64 = 16;

/// Bytes of the compiled form of one pattern.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A check that was compiled from one tool.
pub struct ArgumentCheck {
    /// `None`: all that is asked is that arguments are an object.
    validator: Option<Validator<Measured>>,
    max_levels: usize,
    /// The outermost members that may be given. `None`: those that the schema accepts.
    named: Option<BTreeSet<String>>,
}

/// A part of a schema that is not enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEnforced {
    /// JSON Pointer in the tool.
    pub pointer: String,
    /// Why not.
    pub why: NotEnforcedReason,
}

/// Why a part of a schema is not enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotEnforcedReason {
    /// The tool has no schema for its parameters.
    NoSchema,
    /// A pattern that an engine with linear time cannot run, or only with too much memory.
    Pattern,
    /// A keyword that turns around or counts the outcome of such a pattern, so that it cannot be enforced without it.
    DependsOnPattern,
    /// The schema is not valid in its dialect, the dialect is not known, or a reference leads nowhere.
    Invalid,
    /// The schema breaks the surface's rules on references.
    Complex,
}

/// Arguments that do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ArgumentFault {
    /// JSON Pointer in the arguments; `""` is all of them. Holds names from the arguments or the approved schema.
    pub pointer: String,
    /// What is expected there, in our own words and the schema's numbers: never a text of the server's.
    pub expected: String,
}

impl ArgumentCheck {
    /// Compiles the check of a tool, given the tool's bytes as received.
    ///
    /// Never fails: what cannot be enforced is in the list, the whole schema at worst.
    pub fn compile(tool: &[u8]) -> (Self, Vec<NotEnforced>) {
        let only_object = |why| {
            let whole = NotEnforced { pointer: "/inputSchema".to_owned(), why };
            (Self { validator: None, max_levels: MAX_ARGUMENT_LEVELS, named: None }, vec![whole])
        };
        let Ok(tool) = json::read(tool, &ReadLimits::LISTING) else {
            return only_object(NotEnforcedReason::Invalid);
        };
        let Some(document) = tool.get("inputSchema") else {
            return only_object(NotEnforcedReason::NoSchema);
        };
        let Ok(applied) = schema::applied(document) else {
            return only_object(NotEnforcedReason::Complex);
        };
        let Some((validator, not_enforced)) = build(document) else {
            return only_object(NotEnforcedReason::Invalid);
        };
        let deepest = MAX_NESTED_APPLICATIONS / applied.depth.max(1) as usize;
        let max_levels = deepest.clamp(1, MAX_ARGUMENT_LEVELS);
        (Self { validator: Some(validator), max_levels, named: None }, not_enforced)
    }

    /// The same check, which refuses outermost members that the `properties` of the tool's schema do not name. For a tool
    /// that is served as it was approved while its server knows more parameters (`spec/updates.md`).
    ///
    /// A tool whose schema names no parameters has none: every member is refused.
    #[must_use]
    pub fn closed(self, tool: &[u8]) -> Self {
        let tool = json::read(tool, &ReadLimits::LISTING).ok();
        let properties =
            tool.as_ref().and_then(|tool| tool.get("inputSchema")?.get("properties")?.as_object());
        let names = properties.unwrap_or_default().iter().map(|member| member.name.clone().into_owned());
        Self { named: Some(names.collect()), ..self }
    }

    /// Checks the arguments of one call, given the bytes of `arguments` as received; absent ones are an empty object.
    ///
    /// # Errors
    /// The first thing that does not fit. Arguments that cannot be checked within the limits do not fit either.
    ///
    /// Not checked: what the schema leaves open, and the limits of traffic.
    pub fn check(&self, arguments: Option<&[u8]>) -> Result<(), ArgumentFault> {
        let bytes = arguments.unwrap_or(b"{}");
        let arguments = instance::read(bytes)?;
        let Instance::Object(members) = &arguments else {
            return Err(ArgumentFault::whole("an object"));
        };
        let is_named = |name: &str| self.named.as_ref().is_none_or(|named| named.contains(name));
        if let Some((name, _)) = members.iter().find(|(name, _)| !is_named(name)) {
            return Err(ArgumentFault::not_named(name));
        }
        let Some(validator) = &self.validator else { return Ok(()) };
        if arguments.is_deeper_than(self.max_levels) {
            let expected = format!("at most {} levels of arrays and objects", self.max_levels);
            return Err(ArgumentFault { pointer: String::new(), expected });
        }
        let verdict = || judge(validator, &arguments, bytes.len() as u64);
        // The validator is foreign code; a panic in it must not end the session, nor let the call through.
        catch_unwind(AssertUnwindSafe(verdict)).unwrap_or_else(|_| Err(ArgumentFault::unchecked()))
    }
}

impl ArgumentFault {
    fn whole(expected: &str) -> Self {
        Self { pointer: String::new(), expected: expected.to_owned() }
    }

    fn not_named(member: &str) -> Self {
        let mut pointer = String::new();
        pointer_push(&mut pointer, member);
        Self { pointer, expected: "no such member, because what is approved names no others".to_owned() }
    }

    fn unchecked() -> Self {
        Self::whole("arguments that can be checked within the limits")
    }
}

/// Two passes: the first only says yes or no and remembers what it found out, the second, after a no, finds the place.
fn judge(validator: &Validator<Measured>, arguments: &Instance<'_>, bytes: u64) -> Result<(), ArgumentFault> {
    let more = bytes.saturating_mul(STEPS_A_BYTE);
    let meter = Meter::new(FREE_STEPS.saturating_add(more));
    let is_valid = validator.is_valid(Metered::new(arguments, &meter));
    if meter.is_spent() {
        return Err(ArgumentFault::unchecked());
    }
    if is_valid {
        return Ok(());
    }
    let meter = Meter::new(FREE_STEPS_TO_PLACE.saturating_add(more));
    let place = match validator.validate(Metered::new(arguments, &meter)) {
        Err(error) if !meter.is_spent() => expected::fault(&error),
        _ => ArgumentFault::whole("arguments that fit the schema of the tool"),
    };
    Err(place)
}

/// A validator and what it does not enforce; `None`: the schema is of no use.
fn build(document: &Value<'_>) -> Option<(Validator<Measured>, Vec<NotEnforced>)> {
    let mut schema = convert::to_serde(document);
    if let Some(validator) = compiled(&schema) {
        return Some((validator, Vec::new()));
    }
    let not_enforced = enforce::without_patterns(&mut schema, runs_in_linear_time);
    if not_enforced.is_empty() {
        return None;
    }
    compiled(&schema).map(|validator| (validator, not_enforced))
}

fn compiled(schema: &serde_json::Value) -> Option<Validator<Measured>> {
    let build = || {
        jsonschema::options_for::<Measured>()
            .offline()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
            .should_validate_formats(false)
            .without_content_media_type_support("application/json")
            .without_content_encoding_support("base64")
            .build(schema)
            .ok()
    };
    catch_unwind(AssertUnwindSafe(build)).ok().flatten()
}

fn runs_in_linear_time(pattern: &str) -> bool {
    compiled(&serde_json::json!({ "pattern": pattern })).is_some()
}
