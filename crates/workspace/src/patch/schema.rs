//! What a complete patch set must contain, by pyhf's schema `patchset.json` (version 1.0.0).

use crate::error::WorkspaceError;
use crate::json::Node;

/// The form of the names of patches and labels.
const NAME: &str = "letters of a to z, digits and underscores alone";

fn check_form(
    node: &Node,
    expected: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), WorkspaceError> {
    let text = node.text()?;
    if fits(text) {
        return Ok(());
    }
    Err(WorkspaceError::WrongText { path: node.path.clone(), expected, found: text.to_owned() })
}

fn check_name(node: &Node) -> Result<(), WorkspaceError> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    check_form(node, NAME, |text| !text.is_empty() && text.bytes().all(allowed))
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|c| c.is_ascii_hexdigit())
}

fn is_inspire(text: &str) -> bool {
    let digits = text.strip_prefix("ins");
    digits.is_some_and(|digits| digits.len() == 7 && digits.bytes().all(|c| c.is_ascii_digit()))
}

fn check_digests(node: &Node) -> Result<(), WorkspaceError> {
    node.only(&["md5", "sha256"])?;
    let (md5, sha256) = (node.optional("md5")?, node.optional("sha256")?);
    if md5.is_none() && sha256.is_none() {
        node.field("sha256")?;
    }
    if let Some(md5) = md5 {
        check_form(&md5, "32 hexadecimal digits", |text| is_hexadecimal(text, 32))?;
    }
    if let Some(sha256) = sha256 {
        check_form(&sha256, "64 hexadecimal digits", |text| is_hexadecimal(text, 64))?;
    }
    Ok(())
}

fn check_metadata(node: &Node) -> Result<(), WorkspaceError> {
    let references = node.field("references")?;
    references.only(&["hepdata"])?;
    check_form(&references.field("hepdata")?, "'ins' and seven digits", is_inspire)?;
    check_digests(&node.field("digests")?)?;
    node.field("labels")?.some_items()?.iter().try_for_each(check_name)?;
    node.field("description")?.text().map(|_| ())
}

fn check_patch(node: &Node) -> Result<(), WorkspaceError> {
    node.only(&["metadata", "patch"])?;
    let metadata = node.field("metadata")?;
    let name = metadata.field("name")?;
    check_name(&name)?;
    metadata.field("values")?.items()?;
    super::read_patch(node.field("patch")?.value, name.text()?).map(|_| ())
}

/// Refuses what pyhf's schema refuses; parts that are always read are not checked again.
pub(super) fn check(root: &Node) -> Result<(), WorkspaceError> {
    if root.optional("patches")?.is_none() {
        return Err(WorkspaceError::NotAPatchSet);
    }
    root.only(&["patches", "metadata", "version"])?;
    check_form(&root.field("version")?, "'1.0.0'", |text| text == "1.0.0")?;
    check_metadata(&root.field("metadata")?)?;
    root.field("patches")?.some_items()?.iter().try_for_each(check_patch)
}
