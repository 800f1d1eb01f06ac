//! Files that cannot be read, and files that are written atomically.

use std::fs;

use super::{folder, json, names_in, refused, run_in, write};

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = folder("unreadable");
    fs::create_dir(folder.join("directory")).expect("a directory");
    fs::write(folder.join("latin.json"), b"{\"version\": \"\xe9\"}").expect("a file");
    write(&folder, "broken.json", "{\n  \"channels\": [,]\n}");
    let cases: [(&[&str], &[&str]); 7] = [
        (&["fit", "absent.json"], &["cannot read absent.json"]),
        (&["inspect", "directory"], &["cannot read directory"]),
        (&["cls", "latin.json"], &["cannot read latin.json", "UTF-8"]),
        (&["cls", "broken.json"], &["broken.json: not valid JSON at line 2, column 16"]),
        (&["fit", "workspace.json", "-p", "absent.json"], &["cannot read absent.json"]),
        (&["fit", "workspace.json", "-p", "absent.json#light"], &["cannot read absent.json:"]),
        (&["fit", "workspace.json", "-p", "broken.json"], &["broken.json", "line 2"]),
    ];
    for (arguments, words) in cases {
        refused(&folder, arguments, "", words);
    }
}

const PATCH_SET: &str = r#"{
  "metadata": {},
  "patches": [
    {
      "metadata": { "name": "light", "values": [1] },
      "patch": [{ "op": "replace", "path": "/channels/0/samples/0/data", "value": [3.0, 4.0] }]
    },
    { "metadata": { "name": "stray", "values": [2] }, "patch": [{ "op": "remove", "path": "/nowhere" }] }
  ],
  "version": "1.0.0"
}"#;

#[test]
fn patches_that_do_not_fit_are_refused() {
    let folder = folder("patches");
    write(&folder, "set.json", PATCH_SET);
    write(&folder, "plain.json", "[]");
    write(&folder, "object.json", "{}");
    write(&folder, "version.json", r#"[{ "op": "replace", "path": "/version", "value": "2" }]"#);
    let cases: [(&str, &[&str]); 7] = [
        ("set.json", &["set.json is a patch set", "'set.json#NAME'", "light, stray"]),
        ("set.json#heavy", &["set.json: no patch named 'heavy'", "light, stray"]),
        ("set.json#stray", &["set.json#stray", "operation 0 at '/nowhere'"]),
        ("plain.json#light", &["plain.json is a single patch", "leave out '#light'"]),
        ("object.json", &["object.json", "not a JSON patch"]),
        ("workspace.json", &["workspace.json", "not a JSON patch"]),
        ("version.json", &["workspace.json: /version: expected '1.0.0', found '2'"]),
    ];
    for (patch, words) in cases {
        refused(&folder, &["inspect", "workspace.json", "-p", patch], "", words);
    }
    let run = run_in(&folder, &["inspect", "--json", "workspace.json", "-p", "set.json#light"], "");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(json(&run.stdout)["channels"][1]["samples"][0]["yield"], 7.0);
}

#[test]
fn an_output_file_is_written_whole() {
    for subcommand in ["inspect", "fit", "cls", "discovery"] {
        let folder = folder(&format!("output_{subcommand}"));
        write(&folder, "result.json", "an old result that is longer than nothing");
        let arguments = [subcommand, "workspace.json"];
        let printed = run_in(&folder, &arguments, "");
        let to_file = [&arguments[..], &["--output-file", "result.json"]].concat();
        let run = run_in(&folder, &to_file, "");
        assert_eq!((run.status, run.stdout.as_str()), (0, ""), "{subcommand}: {}", run.stderr);
        let written = fs::read_to_string(folder.join("result.json")).expect("the result");
        assert_eq!(written, printed.stdout, "{subcommand}");
        assert_eq!(names_in(&folder), ["result.json", "workspace.json"], "{subcommand}");
    }
}

#[test]
fn an_output_file_that_cannot_be_written_leaves_nothing() {
    let folder = folder("unwritable");
    fs::create_dir(folder.join("directory")).expect("a directory");
    let before = names_in(&folder);
    for target in ["absent/result.json", "directory", "workspace.json/result.json"] {
        let arguments = ["fit", "workspace.json", "--output-file", target];
        refused(&folder, &arguments, "", &[&format!("cannot write {target}")]);
        // The refusal comes before the work, which would otherwise be wasted: these toys would take
        // hours.
        let toys = ["toys", "workspace.json", "--n", "1000000000", "--output-file", target];
        refused(&folder, &toys, "", &[&format!("cannot write {target}")]);
        assert_eq!(names_in(&folder), before, "{target}");
        assert!(names_in(&folder.join("directory")).is_empty(), "{target}");
    }
}

#[test]
fn bad_input_leaves_an_earlier_result_alone() {
    let folder = folder("earlier");
    write(&folder, "result.json", "{}");
    let arguments = ["cls", "-", "--output-file", "result.json"];
    refused(&folder, &arguments, "{}", &["standard input", "'version'"]);
    assert_eq!(fs::read_to_string(folder.join("result.json")).expect("a file"), "{}");
    assert_eq!(names_in(&folder), ["result.json", "workspace.json"]);
}

/// A folder without permission to write; skipped for a superuser, who may write everywhere.
#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("permission");
    let locked = folder.join("locked");
    fs::create_dir(&locked).expect("a directory");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("permissions");
    if fs::write(locked.join("probe"), "").is_ok() {
        return;
    }
    let target = "locked/result.json";
    let arguments = ["fit", "workspace.json", "--output-file", target];
    refused(&folder, &arguments, "", &["cannot write locked/result.json"]);
    assert!(names_in(&locked).is_empty());
}

/// Standard output that accepts nothing: a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_refused() {
    let full = fs::File::options().write(true).open("/dev/full").expect("the device");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_diffhep"))
        .args(["fit", "workspace.json"])
        .current_dir(folder("full"))
        .stdout(full)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cannot write to standard output"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn an_output_file_that_is_a_link_or_a_pipe_stays_one() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    let folder = folder("links");
    write(&folder, "real.json", "earlier");
    fs::set_permissions(folder.join("real.json"), fs::Permissions::from_mode(0o600)).expect("mode");
    symlink("real.json", folder.join("link.json")).expect("a link");
    let run = run_in(&folder, &["fit", "--output-file", "link.json"], super::TWO_BINS);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(fs::symlink_metadata(folder.join("link.json")).expect("the link").is_symlink());
    json(&fs::read_to_string(folder.join("real.json")).expect("the target"));
    let mode = fs::metadata(folder.join("real.json")).expect("the target").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let status = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status();
    assert!(status.expect("mkfifo runs").success());
    let pipe = folder.join("pipe");
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("the pipe's text")
    });
    let run = run_in(&folder, &["fit", "--output-file", "pipe"], super::TWO_BINS);
    assert_eq!(run.status, 0, "{}", run.stderr);
    json(&reader.join().expect("the reader ends"));
    assert!(fs::symlink_metadata(pipe).expect("the pipe").file_type().is_fifo());
}
