//! Where and when something was measured.

use std::fs;
use std::process::Command;

/// The machine, and the commit that is checked out.
pub(super) struct Machine {
    /// Shortened, and whether something outside of the documents is in no commit.
    commit: String,
    cores: usize,
    model: String,
    memory_gb: u64,
    kernel: String,
    rustc: String,
    /// How many processes waited for a core, over the last minute.
    load: String,
}

impl Machine {
    /// As it is now.
    ///
    /// # Errors
    /// Without git, without rustc, and on a system without `/proc`.
    pub(super) fn here() -> Result<Machine, String> {
        let name = said("git", &["rev-parse", "--short=7", "HEAD"])?;
        let changes = said("git", &["status", "--porcelain", "--", ".", ":!*.md"])?;
        let commit = if changes.is_empty() { name } else { format!("{name}, with changes") };
        let (cpu, memory) = (read("/proc/cpuinfo")?, read("/proc/meminfo")?);
        let kib = member(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        let kernel = read("/proc/sys/kernel/osrelease")?;
        let rustc = said("rustc", &["--version"])?;
        Ok(Machine {
            commit,
            cores: std::thread::available_parallelism().map_err(|error| error.to_string())?.get(),
            model: member(&cpu, "model name").unwrap_or("unknown").to_owned(),
            memory_gb: kib.unwrap_or_default() / 1_000_000,
            kernel: kernel.split(['.', '-']).take(2).collect::<Vec<_>>().join("."),
            rustc: rustc.split(' ').nth(1).unwrap_or_default().to_owned(),
            load: read("/proc/loadavg")?.split(' ').next().unwrap_or_default().to_owned(),
        })
    }

    /// The line under a heading of the page.
    pub(super) fn line(&self, command: &str) -> String {
        let today = jiff::Timestamp::now().to_string();
        format!(
            "`{command}` at commit {}, {}; {} cores ({}), {} GB, Linux {}, rustc {}, load {} before.\n",
            self.commit,
            today.get(..10).unwrap_or_default(),
            self.cores,
            self.model.trim(),
            self.memory_gb,
            self.kernel.trim(),
            self.rustc,
            self.load,
        )
    }
}

fn said(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).current_dir(crate::root()).args(arguments).output();
    let output = output.map_err(|error| format!("{program} does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))
}

/// The value of the first line with this name.
fn member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_where_and_when() {
        let line = Machine::here().unwrap().line("cargo bench");
        assert!(line.starts_with("`cargo bench` at commit "), "{line}");
        assert!(line.contains(" cores (") && line.contains(" GB, Linux "), "{line}");
    }

    #[test]
    fn a_value_is_found_by_its_name() {
        assert_eq!(member("model\t: 1\nmodel name\t: A B\n", "model name"), Some("A B"));
        assert_eq!(member("x: 1\n", "y"), None);
    }
}
