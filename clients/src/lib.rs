//! The configuration files of MCP clients: which servers they name, and edits that change nothing else.
//!
//! Text in, text out (spec/client-configurations.md). In scope: where each client keeps its file, how strictly it reads
//! it, what its entries mean, and edits of byte ranges. Out of scope: files, processes, and what a server says.
#![cfg_attr(test, allow(clippy::unwrap_used))]
