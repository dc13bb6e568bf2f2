//! The pages for users, publishers, operators and auditors, followed from the packages alone: whoever reads one has what
//! `docs/install.md` tells them to install, Node and Python, and no Rust. The server of the pages is a real package, made
//! by `npm pack` and started by `npx` from a registry on loopback; the log and its witnesses are the packages' programs.

use std::path::Path;
use std::rc::Rc;

use pinfold_tests::client::Client;
use pinfold_tests::log::free_port;
use pinfold_tests::page::{Reader, Step, steps};
use pinfold_tests::scenario::tool;
use pinfold_tests::terminal::Terminal;
use serde_json::Value;

use super::registry::Registry;
use super::sandbox::{Ground, Machine};

/// The package of the pages.
const PACKAGE: &str = "@acme/notes";

/// What its tool `read_note` says about itself, version by version.
const WORDS: [&str; 3] =
    ["Reads a note.", "Reads a note and gives its text.", "Reads a note, whole or in part."];

/// A server of npm's own registry, and the tool that is called.
const REAL: (&str, &str, &str) = ("@modelcontextprotocol/server-memory", "2026.8.31", "read_graph");

/// Plays all roles with the packages in a folder, and says so.
///
/// # Errors
/// What did not work.
///
/// # Panics
/// Where a page says something else than what is shown, with both.
pub(super) fn play(packages: &Path) -> Result<(), String> {
    let ground = match Ground::find(packages)? {
        Ok(ground) => ground,
        Err(why) => {
            pinfold_tests::absent("a machine without Rust", &why);
            return Ok(());
        }
    };
    publisher(&ground)?;
    auditor(&ground)?;
    users(&ground)
}

/// Somebody at a machine on which `docs/install.md` was followed.
struct Person<'g> {
    machine: Rc<Machine<'g>>,
    reader: Reader<'g>,
}

/// A way to install, as a heading of `docs/install.md`.
#[derive(Clone, Copy)]
enum Way {
    Npm,
    Python,
    Tarball,
}

impl<'g> Person<'g> {
    fn new(ground: &'g Ground, way: Way) -> Result<Self, String> {
        let machine = Rc::new(Machine::new(ground)?);
        let has_uv = machine.runs("command -v uv").is_ok();
        let (heading, block) = match way {
            Way::Npm => ("## With npm", 0),
            Way::Python => ("## With Python", usize::from(!has_uv)),
            Way::Tarball => ("## From the tarball", 0),
        };
        machine.installs(&block_of(&page("install.md")?, heading, block)?)?;
        let reader = Reader::new({
            let machine = Rc::clone(&machine);
            move |line| machine.shell(line)
        });
        Ok(Person { machine, reader })
    }

    /// The same who was given the policy of a log.
    fn with(ground: &'g Ground, way: Way, log: &Log<'_>) -> Result<Self, String> {
        let mut person = Person::new(ground, way)?;
        person.machine.write("log.policy", &log.policy)?;
        person.reader.call("http://127.0.0.1:8080", &log.url);
        Ok(person)
    }
}

fn page(name: &str) -> Result<String, String> {
    let file = crate::root().join("docs").join(name);
    std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The `number`th block for a shell below a heading.
fn block_of(page: &str, heading: &str, number: usize) -> Result<String, String> {
    let section = page.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next());
    let block = section.and_then(|section| section.split("```sh\n").nth(number + 1));
    let block = block.and_then(|block| block.split("```").next());
    block.map(str::to_owned).ok_or_else(|| format!("docs/install.md says nothing under {heading}"))
}

/// A log with two witnesses that somebody set up by the page for operators, and that runs until this is dropped.
struct Log<'g> {
    operator: Person<'g>,
    url: String,
    policy: String,
}

impl<'g> Log<'g> {
    fn set_up(ground: &'g Ground) -> Result<Self, String> {
        let mut operator = Person::new(ground, Way::Tarball)?;
        let ports = ["127.0.0.1:8080", "127.0.0.1:8090", "127.0.0.1:8091"].map(|page| (page, free_port()));
        for (page, real) in ports {
            operator.reader.call(page, real.to_string());
        }
        follow("log-operator.md", &mut [&mut operator], |word| Err(format!("nobody knows how {word}")))?;
        let policy = operator.machine.read("log.policy")?;
        let url = format!("http://{}", ports[0].1);
        Ok(Log { operator, url, policy: String::from_utf8_lossy(&policy).into_owned() })
    }
}

/// Goes through a page; each person does each step before the next one. `then` changes the world.
fn follow(
    name: &str,
    people: &mut [&mut Person<'_>],
    mut then: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    for step in steps(&page(name)?) {
        match step {
            Step::Then(word) => then(&word)?,
            Step::File(name, text) => {
                people
                    .iter()
                    .try_for_each(|person| person.machine.write(&name, &person.reader.real(&text)))?;
            }
            Step::Run(line) => people.iter_mut().for_each(|person| person.reader.run(&line)),
        }
    }
    Ok(())
}

/// A project of npm in somebody's home, its words by their number, and what `npm pack` makes of it.
fn pack(machine: &Machine<'_>, version: &str, words: usize) -> Result<Vec<u8>, String> {
    let about = format!(
        "{{\"name\": \"{PACKAGE}\", \"version\": \"{version}\", \"mcpName\": \"io.github.acme/notes\", \
         \"bin\": \"dist/index.js\", \"files\": [\"dist\"]}}\n"
    );
    machine.write("package.json", &about)?;
    machine.write("dist/index.js", include_str!("notes.js"))?;
    let tools = [tool("list_notes", "Lists all notes."), tool("read_note", WORDS[words])];
    machine.write("dist/tools.json", &format!("[{}]\n", tools.join(",")))?;
    machine.runs("npm pack --silent")?;
    machine.read(&format!("acme-notes-{version}.tgz"))
}

/// What the pages do not show: another person's publishing.
fn publish(publisher: &Machine<'_>, version: &str) -> Result<(), String> {
    let line = format!(
        "pinfold publish --policy log.policy --artifact acme-notes-{version}.tgz --yes -- node dist/index.js"
    );
    publisher.runs(&line).map(drop)
}

fn publisher(ground: &Ground) -> Result<(), String> {
    let log = Log::set_up(ground)?;
    let mut publisher = Person::with(ground, Way::Python, &log)?;
    let machine = Rc::clone(&publisher.machine);
    follow("publisher.md", &mut [&mut publisher], |word| match word {
        "version 1.0.0 is packed" => pack(&machine, "1.0.0", 0).map(drop),
        "version 1.1.0 is packed" => pack(&machine, "1.1.0", 1).map(drop),
        "version 1.2.0 is packed" => pack(&machine, "1.2.0", 2).map(drop),
        other => Err(format!("nobody knows how {other}")),
    })?;
    publisher.reader.finish();
    log.operator.reader.finish();
    println!("operator: a log and two witnesses from the tarball, by log-operator.md");
    println!("publisher: three releases with the wheel, by publisher.md");
    Ok(())
}

fn auditor(ground: &Ground) -> Result<(), String> {
    let log = Log::set_up(ground)?;
    let publisher = Person::with(ground, Way::Npm, &log)?.machine;
    publisher.runs("pinfold key new --no-passphrase")?;
    let release = |version: &str, words| {
        pack(&publisher, version, words)?;
        publish(&publisher, version)
    };
    release("1.0.0", 0)?;
    let mut auditor = Person::with(ground, Way::Npm, &log)?;
    follow("auditor.md", &mut [&mut auditor], |word| match word {
        "1.1.0 is published" => release("1.1.0", 1),
        other => Err(format!("nobody knows how {other}")),
    })?;
    auditor.reader.finish();
    log.operator.reader.finish();
    println!("auditor: a log replayed with the npm package, by auditor.md");
    Ok(())
}

/// Three people at once, one for each package.
fn users(ground: &Ground) -> Result<(), String> {
    let log = Log::set_up(ground)?;
    let publisher = Person::with(ground, Way::Tarball, &log)?.machine;
    publisher.runs("pinfold key new --no-passphrase")?;
    let registry = Registry::of(PACKAGE)?;
    registry.publish("0.9.0", pack(&publisher, "0.9.0", 0)?);
    let user = |way| {
        let user = Person::with(ground, way, &log)?;
        user.machine.write(".npmrc", &format!("@acme:registry={}\n", registry.url()))?;
        Ok::<_, String>(user)
    };
    let mut users = [user(Way::Npm)?, user(Way::Python)?, user(Way::Tarball)?];
    let machines = users.each_ref().map(|user| Rc::clone(&user.machine));
    let give = |name: &str| machines.iter().try_for_each(|user| user.take(&publisher, name));
    follow("user.md", &mut users.each_mut(), |word| match word {
        "the server changes" => {
            registry.publish("1.0.0", pack(&publisher, "1.0.0", 1)?);
            Ok(())
        }
        "its publisher publishes 1.0.0" => {
            publish(&publisher, "1.0.0")?;
            give("notes-1.0.0.pinfold")
        }
        "its publisher publishes 1.1.0" => {
            registry.publish("1.1.0", pack(&publisher, "1.1.0", 2)?);
            publish(&publisher, "1.1.0")?;
            give("notes-1.1.0.pinfold")
        }
        other => Err(format!("nobody knows how {other}")),
    })?;
    users.into_iter().for_each(|user| user.reader.finish());
    println!("users: with the npm package, the wheel and the tarball, by user.md");
    real_server(&publisher, &machines)?;
    audited(ground, &log)?;
    log.operator.reader.finish();
    Ok(())
}

/// A server of npm's own registry: published, put behind the gate, tied to its publisher, and called.
fn real_server(publisher: &Machine<'_>, users: &[Rc<Machine<'_>>]) -> Result<(), String> {
    let (package, version, called) = REAL;
    // In a folder of its own: what lies in the home is another project.
    let packed =
        publisher.runs(&format!("mkdir memory && cd memory && npm pack --silent {package}@{version}"));
    let tarball = match packed {
        Ok(tarball) => tarball,
        Err(why) => {
            println!("NOT RUN: a server of npm's registry: {why}");
            return Ok(());
        }
    };
    let server = ["npx".to_owned(), "-y".to_owned(), format!("{package}@{version}")];
    let line = server.join(" ");
    publisher.runs(&format!(
        "cd memory && pinfold publish --policy ../log.policy --name io.github.acme/memory --artifact {tarball} --yes \
         -- {line}"
    ))?;
    for user in users {
        user.take(publisher, &format!("memory/memory-{version}.pinfold"))?;
        let entry =
            serde_json::json!({"mcpServers": {"memory": {"command": server[0], "args": server[1..]}}});
        user.write(".claude.json", &entry.to_string())?;
        // Fetched before it is heard, as after its first use.
        user.runs(&format!("{line} < /dev/null"))?;
        answered(user, "pinfold protect")?;
        answered(user, &format!("pinfold review memory --bundle memory-{version}.pinfold"))?;
        user.runs("pinfold status --live memory")?;
        let entry: Value =
            serde_json::from_slice(&user.read(".claude.json")?).map_err(|error| error.to_string())?;
        let entry = &entry["mcpServers"]["memory"];
        let words = entry["args"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
        let gate: Vec<&str> = entry["command"].as_str().into_iter().chain(words).collect();
        let mut client = Client::connect(user.command(&gate));
        let names = client.names("tools/list");
        let answer = client.call(called, "{}");
        if names.len() != 9
            || !names.iter().any(|name| name == called)
            || !answer.result()["content"].is_array()
        {
            return Err(format!("{package} behind the gate: {names:?}, {answer:?}"));
        }
    }
    println!("users: {package} {version} from npm, published, protected, and called through the gate");
    Ok(())
}

/// Answers every question of a line with yes.
fn answered(user: &Machine<'_>, line: &str) -> Result<(), String> {
    let outcome = Terminal::run(user.shell(line)).approve_all();
    if outcome.code() == 0 {
        Ok(())
    } else {
        Err(format!("{line} ends with {}:\n{}", outcome.code(), outcome.text))
    }
}

/// Somebody who takes no part replays all of it.
fn audited(ground: &Ground, log: &Log<'_>) -> Result<(), String> {
    let auditor = Person::with(ground, Way::Python, log)?.machine;
    let said = auditor.runs(&format!("pinfold log audit {} --policy log.policy", log.url))?;
    println!("auditor: {}", said.lines().last().unwrap_or_default());
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_tells_what_to_install_in_each_way() {
        let page = super::page("install.md").unwrap();
        let block = |heading, number| super::block_of(&page, heading, number);
        assert!(block("## With npm", 0).unwrap().contains("npm install --global"));
        assert!(block("## With Python", 0).unwrap().contains("uv tool install"));
        assert!(block("## With Python", 1).unwrap().contains("python3 -m venv"));
        assert!(block("## From the tarball", 0).unwrap().contains("tar -xzf"));
        assert!(block("## From the tarball", 1).is_err());
        for name in
            ["pinfold-linux-x64-V.tgz", "pinfold-V-py3-none-", "pinfold-V-x86_64-unknown-linux-gnu.tar.gz"]
        {
            let name = name.replace("V", env!("CARGO_PKG_VERSION"));
            assert!(page.contains(&name), "{name}");
        }
    }
}
