//! Reason codes: why something was held, refused or said. One code, one meaning; codes are stable.
//!
//! Source: `spec/reason-codes.md`, which lists the same table. JSON output, exit classes, results given to a client and
//! test names use these codes.

use std::fmt;
use std::str::FromStr;

macro_rules! catalogue {
    ($($variant:ident $code:literal $meaning:literal)*) => {
        /// Why something was held, refused or said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ReasonCode {
            $(#[doc = $meaning] $variant,)*
        }

        impl ReasonCode {
            /// Every code, sorted by name.
            pub const ALL: &'static [ReasonCode] = &[$(ReasonCode::$variant,)*];

            /// The code as it is written everywhere, such as `DESC_CHANGED`.
            pub const fn as_str(self) -> &'static str {
                match self { $(ReasonCode::$variant => $code,)* }
            }

            /// What it means, in one sentence. Fixed words: nothing that a server sent is in it.
            pub const fn meaning(self) -> &'static str {
                match self { $(ReasonCode::$variant => $meaning,)* }
            }
        }
    };
}

catalogue! {
    AnnotTightened "ANNOT_TIGHTENED" "A hint of the tool became stricter than approved."
    AnnotWeakened "ANNOT_WEAKENED" "A hint of the tool promises less care than approved (read-only, destructive, open-world, idempotent)."
    ArgsChanged "ARGS_CHANGED" "The arguments of the server's command are not the approved ones."
    ArgumentsInvalid "ARGUMENTS_INVALID" "The arguments of a call do not fit the approved schema."
    ArtifactChanged "ARTIFACT_CHANGED" "The server's code changed while its words stayed the same."
    AskNotApproved "ASK_NOT_APPROVED" "The server asked its client for something that nobody approved."
    BinaryChanged "BINARY_CHANGED" "The program file of the server is not the approved one."
    BundleInvalid "BUNDLE_INVALID" "A bundle does not have the form that its format demands."
    CacheScopeDenied "CACHE_SCOPE_DENIED" "The server asked for a longer or wider cache of its listing than is allowed."
    CapsAdded "CAPS_ADDED" "The server declares a capability that it did not have at approval."
    CheckpointStale "CHECKPOINT_STALE" "The newest known head of the log is too old."
    ClaimUntrusted "CLAIM_UNTRUSTED" "Nobody said that this claim speaks for its namespace."
    ClockSkew "CLOCK_SKEW" "The local clock disagrees with witnessed time."
    ClosureChanged "CLOSURE_CHANGED" "The installed dependencies of the server are not the approved ones."
    ConfirmNeeded "CONFIRM_NEEDED" "The person's policy wants a yes before this tool is called."
    ControlChars "CONTROL_CHARS" "A text holds control characters."
    CrossServerRef "CROSS_SERVER_REF" "A text of one server speaks of another server's tools."
    CursorLoop "CURSOR_LOOP" "A listing gave the same cursor twice."
    DescChanged "DESC_CHANGED" "A description is not the approved one."
    DisplayChanged "DISPLAY_CHANGED" "A title or icon is not the approved one."
    DupToolName "DUP_TOOL_NAME" "One listing holds the same name twice."
    EnvChanged "ENV_CHANGED" "A variable declared for the server is new, or its value is not the approved one."
    EraDowngrade "ERA_DOWNGRADE" "The server speaks an older protocol than it did at approval."
    ExternalRef "EXTERNAL_REF" "A schema refers to another document."
    ExtraFieldChanged "EXTRA_FIELD_CHANGED" "A side member (such as _meta, execution or a vendor's own) is not the approved one."
    FirstUseUnlogged "FIRST_USE_UNLOGGED" "At first use no log entry speaks for the server."
    FlashVersion "FLASH_VERSION" "A version was published and replaced within a short time."
    FloatingVersion "FLOATING_VERSION" "The command names no exact version of the package."
    GlobWidened "GLOB_WIDENED" "An allow-list pattern matches more than it did when it was written."
    HeaderMismatch "HEADER_MISMATCH" "Headers and body of a message name different things."
    HomeChanged "HOME_CHANGED" "The home folder is not the approved one."
    IdentityMismatch "IDENTITY_MISMATCH" "The signature is valid, but the identity is not the expected one."
    IdCollision "ID_COLLISION" "A response has an id that is not open, or a request one that is."
    IndexProofBad "INDEX_PROOF_BAD" "A proof from the log's index does not hold."
    IndexStale "INDEX_STALE" "A proof is from an older index than the one judged."
    InstructionsChanged "INSTRUCTIONS_CHANGED" "The server's instructions are not the approved ones."
    InterpreterChanged "INTERPRETER_CHANGED" "An interpreter or launcher is not the approved file."
    InvisibleChars "INVISIBLE_CHARS" "A text holds characters that hide or reorder other text."
    IssuerChanged "ISSUER_CHANGED" "The OAuth issuer is not the approved one."
    JsonBadUnicode "JSON_BAD_UNICODE" "A text is not valid Unicode: bad UTF-8, a byte order mark or a lone surrogate."
    JsonDepth "JSON_DEPTH" "Arrays and objects are nested more deeply than allowed."
    JsonDupKey "JSON_DUP_KEY" "An object holds the same member name twice."
    JsonKeyFold "JSON_KEY_FOLD" "A member name equals a protocol member's except for case."
    JsonNotCanonical "JSON_NOT_CANONICAL" "A document is not in its canonical form."
    JsonNumRange "JSON_NUM_RANGE" "A number cannot be held exactly as the rules demand."
    JsonSyntax "JSON_SYNTAX" "A document is not JSON."
    KeysetHistory "KEYSET_HISTORY" "The keysets are not all that the log knows of the claim in force."
    KeysetInvalid "KEYSET_INVALID" "The keysets of a bundle do not form the chain of one claim."
    KeyDiscontinuity "KEY_DISCONTINUITY" "The signing identity or its log is not the pinned one, or does not follow from it."
    KeyNotInForce "KEY_NOT_IN_FORCE" "A signing key was not in force, or not for this, when the release was logged."
    LaunchChanged "LAUNCH_CHANGED" "The command that starts the server is not the approved one."
    LimitBytes "LIMIT_BYTES" "A document or object is larger than allowed."
    LimitLine "LIMIT_LINE" "A line is longer than allowed."
    LimitMembers "LIMIT_MEMBERS" "An object has more members than allowed."
    LimitPages "LIMIT_PAGES" "A listing has more pages than allowed."
    LimitString "LIMIT_STRING" "A string is longer than allowed."
    LimitTools "LIMIT_TOOLS" "A listing has more entries than allowed."
    LimitValues "LIMIT_VALUES" "A document has more values than allowed."
    ListingInvalid "LISTING_INVALID" "A listing does not have the shape that the protocol demands."
    ListUnstable "LIST_UNSTABLE" "Two listings in a row do not agree."
    LogEntryMismatch "LOG_ENTRY_MISMATCH" "A valid proof belongs to another entry."
    LogInconsistent "LOG_INCONSISTENT" "Two heads of the log contradict each other."
    LogUnavailable "LOG_UNAVAILABLE" "The log does not answer, or not usefully."
    LogUntrusted "LOG_UNTRUSTED" "No trusted log signed the head."
    ManifestMismatch "MANIFEST_MISMATCH" "The manifest is not the one that was signed."
    MessageInvalid "MESSAGE_INVALID" "A line is JSON, but not a message of the protocol."
    MidsessionChange "MIDSESSION_CHANGE" "A definition changed while the session ran."
    NameCollision "NAME_COLLISION" "Two servers offer the same name."
    NameConfusable "NAME_CONFUSABLE" "A name looks like another one."
    NameInvalid "NAME_INVALID" "A name is missing or has characters or a length that are not allowed."
    NameReserved "NAME_RESERVED" "A name is kept for the gate itself."
    NotifyFlood "NOTIFY_FLOOD" "The server sends more notifications than allowed."
    NotLogged "NOT_LOGGED" "A signed statement is not in the log."
    NotSignedManifest "NOT_SIGNED_MANIFEST" "A listing is not what its publisher signed."
    OriginChanged "ORIGIN_CHANGED" "The server's address is not the approved one."
    OriginDenied "ORIGIN_DENIED" "A request comes from an origin that is not allowed."
    OutsideSuperset "OUTSIDE_SUPERSET" "A definition is not among those signed for this release."
    ParamAdded "PARAM_ADDED" "A parameter was added."
    ParamNameSensitive "PARAM_NAME_SENSITIVE" "The name of a parameter asks for something sensitive."
    PinstoreTampered "PINSTORE_TAMPERED" "The store was edited, replaced, rolled back or removed outside Pinfold."
    PinRace "PIN_RACE" "Two first uses of one label disagree."
    PolicyRefused "POLICY_REFUSED" "The person's policy asks for more than the release shows."
    PreviouslyPinnedOther "PREVIOUSLY_PINNED_OTHER" "This name stood for another server before."
    PreviouslyRejected "PREVIOUSLY_REJECTED" "A person refused exactly this before."
    PromptAdded "PROMPT_ADDED" "A prompt that nobody approved."
    PromptRemoved "PROMPT_REMOVED" "An approved prompt is no longer listed."
    PromptUnpinned "PROMPT_UNPINNED" "The text of a prompt cannot be pinned."
    ReconnectNeeded "RECONNECT_NEEDED" "What was approved fits this connection only after the client reconnects."
    ResourceAdded "RESOURCE_ADDED" "A static resource that nobody approved."
    RetiredReturned "RETIRED_RETURNED" "A definition that an approved one replaced has come back."
    Revoked "REVOKED" "The release was withdrawn, or its key revoked."
    SchemaDialect "SCHEMA_DIALECT" "Only the way the schema is written changed, not what it accepts."
    SchemaNarrowed "SCHEMA_NARROWED" "The schema accepts less than approved."
    SchemaTextChanged "SCHEMA_TEXT_CHANGED" "A text inside the schema is not the approved one."
    SchemaTooComplex "SCHEMA_TOO_COMPLEX" "A schema costs more to check than allowed."
    SchemaWidened "SCHEMA_WIDENED" "The schema accepts or demands something other than approved."
    SeqAnomaly "SEQ_ANOMALY" "A sequence of calls is unusual."
    ServerEnded "SERVER_ENDED" "The server's process ended."
    ServerSilent "SERVER_SILENT" "The server did not answer in time."
    ServerUnknown "SERVER_UNKNOWN" "Nobody approved a server under this label."
    ServerWordsChanged "SERVER_WORDS_CHANGED" "The words in the server's description of itself are not the approved ones."
    SessionPrincipal "SESSION_PRINCIPAL" "A session is used by somebody else than the one who opened it."
    SigBad "SIG_BAD" "A signature does not verify, or there are too few."
    SigRequired "SIG_REQUIRED" "A signature is required and missing."
    SnapshotStale "SNAPSHOT_STALE" "The definition changed between the listing and the call."
    SourceMismatch "SOURCE_MISMATCH" "The published package does not come from its stated source."
    StartFailed "START_FAILED" "The server could not be started."
    StoreUnreadable "STORE_UNREADABLE" "The store cannot be read, so nothing counts as approved."
    SubjectMismatch "SUBJECT_MISMATCH" "A statement is about another subject."
    TemplateAdded "TEMPLATE_ADDED" "A resource template that nobody approved."
    TemplateRemoved "TEMPLATE_REMOVED" "An approved resource template is no longer listed."
    TlsDowngrade "TLS_DOWNGRADE" "The connection is less protected than approved."
    ToolAdded "TOOL_ADDED" "A tool that nobody approved."
    ToolDenied "TOOL_DENIED" "The person's policy bars this tool."
    ToolNotApproved "TOOL_NOT_APPROVED" "The tool that was called is not approved."
    ToolReappearedChanged "TOOL_REAPPEARED_CHANGED" "Something that was gone came back with another definition."
    ToolRemoved "TOOL_REMOVED" "An approved tool is no longer listed."
    UnexpectedVersion "UNEXPECTED_VERSION" "A release has a version that its publisher did not announce."
    UnmanagedServer "UNMANAGED_SERVER" "A configured server does not run behind the gate."
    UnpinnedTooldef "UNPINNED_TOOLDEF" "The server sent tool definitions outside its listing."
    UntrustedPinfile "UNTRUSTED_PINFILE" "A pin file from a place that anyone may write is not trusted."
    VersionJump "VERSION_JUMP" "A version number is further ahead than allowed."
    VersionRollback "VERSION_ROLLBACK" "A release is older than one seen before."
    VersionSuperseded "VERSION_SUPERSEDED" "A newer release is in the log."
    WitnessQuorum "WITNESS_QUORUM" "Too few witnesses signed the head of the log."
}

/// The text is no code of this catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a reason code")]
pub struct UnknownReasonCode;

impl FromStr for ReasonCode {
    type Err = UnknownReasonCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let index = Self::ALL.binary_search_by(|known| known.as_str().cmp(code));
        index.map(|index| Self::ALL[index]).map_err(|_| UnknownReasonCode)
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_round_trip() {
        for pair in ReasonCode::ALL.windows(2) {
            assert!(pair[0].as_str() < pair[1].as_str(), "{} before {}", pair[0], pair[1]);
        }
        for code in ReasonCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert!(code.meaning().ends_with('.') && code.meaning().len() > 10);
        }
        assert_eq!("desc_changed".parse::<ReasonCode>(), Err(UnknownReasonCode));
        assert_eq!("".parse::<ReasonCode>(), Err(UnknownReasonCode));
    }
}
