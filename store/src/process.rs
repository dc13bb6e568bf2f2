//! A process told apart from a later one with the same number.

use std::fs;

/// A process: its number, when the kernel started it, and which start of the machine that was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProcessStamp {
    /// The process id in this PID namespace.
    pub pid: u32,
    /// Clock ticks between the start of the machine and of the process (proc_pid_stat(5), field 22).
    pub start_ticks: u64,
    /// The random id of this start of the machine.
    pub boot: String,
}

impl ProcessStamp {
    /// The stamp of a running process; `None` if there is none, if it has ended and waits to be reaped, or if `/proc`
    /// cannot be read.
    pub fn of(pid: u32) -> Option<ProcessStamp> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (state, start_ticks) = parse_stat(&stat)?;
        (!matches!(state, 'Z' | 'X')).then_some(ProcessStamp { pid, start_ticks, boot })
    }

    /// The stamp of this process; `None` if `/proc` cannot be read.
    pub fn of_self() -> Option<ProcessStamp> {
        ProcessStamp::of(std::process::id())
    }

    /// Whether this very process still runs.
    pub fn is_alive(&self) -> bool {
        ProcessStamp::of(self.pid).as_ref() == Some(self)
    }
}

/// State and start time. The name, in parentheses, can itself hold spaces and parentheses.
fn parse_stat(stat: &str) -> Option<(char, u64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a) R (b) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2 3";
        assert_eq!(parse_stat(stat), Some(('S', 987_654)));
        assert_eq!(parse_stat("42 (cut) S 1 2"), None);
    }

    #[test]
    fn this_process_is_alive_and_one_that_started_at_another_time_is_not() {
        let this = ProcessStamp::of_self().unwrap();
        assert!(this.is_alive());
        assert!(!ProcessStamp { start_ticks: this.start_ticks + 1, ..this.clone() }.is_alive());
        assert!(!ProcessStamp { boot: String::from("another"), ..this }.is_alive());
    }
}
