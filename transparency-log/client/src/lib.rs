//! Talking to a log and to witnesses over HTTP, and replaying a whole log.
