//! What the scripted server `pinfold-fixture` says and does, as one JSON file.
//!
//! Every text that the server sends is *raw*: it goes out as it stands here, so that duplicate members, odd
//! whitespace, escapes and number forms can be sent, which no JSON library would write. The server is started with one
//! argument, a folder (see [`crate::stage::Folder`]), in which it finds `scenario.json` and `state`, and to which it
//! writes `received.log`.
//!
//! In raw texts of answers these words are replaced: `@VERSION@` the protocol version that the client asked, `@NAME@`
//! the name in a call, `@REQUEST@` the line received and `@REPLY@` the last reply to an [`Step::Ask`], both as the
//! inside of a JSON string, `@N@` the running number of this listing or line. What differs from start to start or from
//! place to place: `@CLOCK@` an instant of the day in the folder's `day` file, `@DAY@` that day, `@ZONE@` the variable
//! `TZ`, `@HOME@`, `@FOLDER@` the working folder, `@SET@` four items in another order at each start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The whole script of a server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Raw result of `initialize`.
    pub initialize: String,
    /// Listings by method (`tools/list`, …). A method without an entry is answered −32601.
    pub listings: BTreeMap<String, Listing>,
    /// What happens at certain moments, before the usual answer. The first hook that fits is taken.
    pub hooks: Vec<Hook>,
    /// The server goes on when it gets SIGTERM.
    pub ignore_sigterm: bool,
    /// The server goes on when its input ends.
    pub ignore_end: bool,
}

/// One listing, which can change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listing {
    /// What is listed, oldest first. The number in the folder's `state` file plus the number of triggers that have
    /// fired says which one counts; beyond the last, the last.
    pub generations: Vec<Vec<Page>>,
    /// What moves on to the next generation, beside the state file.
    pub advance: Vec<Trigger>,
    /// Send `list_changed` when the generation moves on.
    pub notify: bool,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Page {
    /// The cursor that asks for this page; absent for the first page. `*` fits every cursor.
    pub cursor: Option<String>,
    /// Raw result.
    pub result: String,
}

/// What moves a listing to its next generation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// After so many calls of any tool.
    Calls(u32),
    /// After the first call of this tool.
    CallOf(String),
    /// After so many requests for this listing's first page.
    Listings(u32),
}

/// What happens at a certain moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// `start`, a method (`initialize`, `notifications/cancelled`, …), `tools/call NAME`, or `prompts/get NAME`.
    pub on: String,
    /// Only while the number in the `state` file is at least this.
    #[serde(default)]
    pub from: u32,
    /// Only where all these variables are set and not empty.
    #[serde(default)]
    pub with: Vec<String>,
    /// What is done, in order. A request is answered as usual afterwards, unless a step answered it or said not to.
    pub steps: Vec<Step>,
}

/// One thing that a server does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Writes a line to standard output as it stands.
    Line(String),
    /// Writes bytes to standard output without a line's end.
    Part(String),
    /// Writes a line many times.
    Flood {
        /// The line; `@N@` is replaced by its number.
        line: String,
        /// How often.
        times: u32,
    },
    /// Writes so many megabytes of one letter to standard output, without a line's end.
    Blob {
        /// Size in units of 1,000,000 bytes.
        megabytes: u32,
    },
    /// Answers the request with a text of so many bytes.
    BigAnswer {
        /// Number of letters in the text.
        bytes: u32,
    },
    /// Writes a line to standard error.
    Complain(String),
    /// Sends a request to the client and waits for its reply.
    Ask {
        /// Raw id.
        id: String,
        /// Method.
        method: String,
        /// Raw parameters.
        params: String,
    },
    /// Sends three `notifications/progress` with this raw token, or with the token of the request, if it has one.
    Progress(Option<String>),
    /// Waits, in milliseconds. Other requests are answered meanwhile.
    Sleep(u64),
    /// Waits for ever. Other requests are answered meanwhile.
    Hang,
    /// Answers with this raw result.
    Answer(String),
    /// Answers with this raw error object.
    Refuse(String),
    /// Answers a call with the values of these variables as a JSON object in a text; absent ones are null.
    ReportVariables(Vec<String>),
    /// Answers a call with `{"arguments":[…],"folder":"…"}` of the server's process in a text.
    ReportProcess,
    /// Gives no answer.
    Silence,
    /// Ends the process.
    Exit(i32),
    /// Starts a process that leaves the session, ignores SIGTERM and end of input, and writes its pid to the folder's
    /// `pids` file, as the server itself does at its start.
    Grandchild {
        /// Whether it keeps the server's standard output open.
        holds_output: bool,
    },
}

impl Scenario {
    /// A server that declares tools and lists these (raw objects) on one page.
    pub fn of_tools<S: AsRef<str>>(tools: &[S]) -> Scenario {
        Scenario::default()
            .greeting(handshake(&["tools"], "", ""))
            .listing("tools/list", Listing::of("tools", tools))
    }

    /// Adds or replaces a listing.
    #[must_use]
    pub fn listing(mut self, method: &str, listing: Listing) -> Scenario {
        self.listings.insert(method.to_owned(), listing);
        self
    }

    /// Adds a hook.
    #[must_use]
    pub fn on(mut self, moment: &str, steps: impl Into<Vec<Step>>) -> Scenario {
        self.hooks.push(Hook { on: moment.to_owned(), from: 0, with: Vec::new(), steps: steps.into() });
        self
    }

    /// Adds a hook that counts only once the state file holds `from` or more.
    #[must_use]
    pub fn later(mut self, from: u32, moment: &str, steps: impl Into<Vec<Step>>) -> Scenario {
        self.hooks.insert(0, Hook { on: moment.to_owned(), from, with: Vec::new(), steps: steps.into() });
        self
    }

    /// Adds a hook that counts only where these variables are set.
    #[must_use]
    pub fn with(mut self, variables: &[&str], moment: &str, steps: impl Into<Vec<Step>>) -> Scenario {
        let with = variables.iter().map(|name| (*name).to_owned()).collect();
        self.hooks.push(Hook { on: moment.to_owned(), from: 0, with, steps: steps.into() });
        self
    }

    /// Replaces the raw result of `initialize`.
    #[must_use]
    pub fn greeting(mut self, result: impl Into<String>) -> Scenario {
        self.initialize = result.into();
        self
    }
}

impl Listing {
    /// A listing of one page that never changes. `member` is the result's member (`tools`, `prompts`, …).
    pub fn of<S: AsRef<str>>(member: &str, objects: &[S]) -> Listing {
        Listing { generations: vec![vec![page(member, objects)]], ..Listing::default() }
    }

    /// A listing of these pages that never changes.
    pub fn of_pages(pages: Vec<Page>) -> Listing {
        Listing { generations: vec![pages], ..Listing::default() }
    }

    /// Adds the next generation, one page.
    #[must_use]
    pub fn then<S: AsRef<str>>(self, member: &str, objects: &[S]) -> Listing {
        self.then_pages(vec![page(member, objects)])
    }

    /// Adds the next generation.
    #[must_use]
    pub fn then_pages(mut self, pages: Vec<Page>) -> Listing {
        self.generations.push(pages);
        self
    }

    /// Adds what moves it on.
    #[must_use]
    pub fn after(mut self, trigger: Trigger) -> Listing {
        self.advance.push(trigger);
        self
    }

    /// Announces each change.
    #[must_use]
    pub fn announced(mut self) -> Listing {
        self.notify = true;
        self
    }
}

/// The only page of a listing.
pub fn page<S: AsRef<str>>(member: &str, objects: &[S]) -> Page {
    Page { cursor: None, result: format!(r#"{{"{member}":[{}]}}"#, join(objects)) }
}

/// A page among several: the cursor that asks for it, and the raw `nextCursor` that it names (`"\"two\""`, `null`).
pub fn part<S: AsRef<str>>(cursor: Option<&str>, member: &str, objects: &[S], next: Option<&str>) -> Page {
    let next = next.map(|raw| format!(r#","nextCursor":{raw}"#)).unwrap_or_default();
    Page { cursor: cursor.map(str::to_owned), result: format!(r#"{{"{member}":[{}]{next}}}"#, join(objects)) }
}

/// A plain tool with one optional parameter `text`, as raw text. `description` must need no escapes.
pub fn tool(name: &str, description: &str) -> String {
    tool_with(name, description, "")
}

/// The same with further raw members, which begin with a comma (`,"title":"Look"`).
pub fn tool_with(name: &str, description: &str, more: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"{description}","inputSchema":{{"type":"object","properties":{{"text":{{"type":"string"}}}}}}{more}}}"#
    )
}

/// Raw result of `initialize` that answers the version asked and declares these kinds (`tools`, `prompts`,
/// `resources`), each with `listChanged`. `more` are further raw members of the result, `words` of `serverInfo`; both
/// begin with a comma when they are not empty.
pub fn handshake(kinds: &[&str], more: &str, words: &str) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!(r#""{kind}":{{"listChanged":true}}"#)).collect();
    format!(
        r#"{{"protocolVersion":"@VERSION@","capabilities":{{{}}},"serverInfo":{{"name":"fixture","version":"1.0.0"{words}}}{more}}}"#,
        kinds.join(",")
    )
}

fn join<S: AsRef<str>>(objects: &[S]) -> String {
    objects.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",")
}
