//! Text that is not JSON, or JSON that a workspace may not contain.

use diffhep::histfactory::{Workspace, WorkspaceError};

use super::FIXTURE;

fn error(text: &str) -> WorkspaceError {
    Workspace::from_text(text).expect_err("broken text")
}

#[test]
fn text_that_is_not_json_is_refused_with_its_place() {
    let replaced = |from: &str, to: &str| {
        assert!(FIXTURE.contains(from));
        FIXTURE.replacen(from, to, 1)
    };
    let cases = [
        ("nothing", String::new(), "EOF"),
        ("truncated", FIXTURE[..FIXTURE.len() / 2].to_owned(), "EOF"),
        ("NaN", replaced("[6.0, 9.0]", "[NaN, 9.0]"), "expected value"),
        ("Infinity", replaced("[6.0, 9.0]", "[6.0, Infinity]"), "expected value"),
        ("a number out of range", replaced("[6.0, 9.0]", "[1e400, 9.0]"), "number out of range"),
        ("trailing comma", replaced("[6.0, 9.0]", "[6.0, 9.0,]"), "trailing comma"),
        ("two documents", format!("{FIXTURE}{FIXTURE}"), "trailing characters"),
        ("a comment", format!("// workspace\n{FIXTURE}"), "expected value"),
        ("nested without end", "[".repeat(100_000), "recursion limit"),
    ];
    for (name, text, words) in cases {
        let error = error(&text);
        let WorkspaceError::Syntax { line, message, .. } = &error else {
            panic!("{name}: {error:?}")
        };
        assert!(message.contains(words), "{name}: {message}");
        assert!(!message.contains(" at line "), "{name}: the place stands twice: {message}");
        let wanted = format!("line {line}");
        assert!(error.to_string().contains(&wanted), "{name}: {error}");
    }
}

#[test]
fn the_place_of_a_syntax_error_counts_lines_from_1() {
    let line = 1 + FIXTURE.lines().position(|line| line.contains("[6.0, 9.0]")).expect("yields");
    match error(&FIXTURE.replacen("[6.0, 9.0]", "[6.0, oops]", 1)) {
        WorkspaceError::Syntax { line: found, .. } => assert_eq!(found, line),
        other => panic!("{other:?}"),
    }
}

#[test]
fn json_of_another_kind_is_refused() {
    for text in ["null", "3", "\"workspace\"", "[]", "true"] {
        assert!(matches!(error(text), WorkspaceError::WrongType { .. }), "{text}");
    }
}
