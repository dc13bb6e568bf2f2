//! A small witness: checks that a log only grows, and cosigns its heads.
