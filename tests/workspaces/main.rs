//! Tests of reading, refusing, patching and changing workspaces.

#[path = "../common.rs"]
mod common;

mod bad_input;
mod surgery;
