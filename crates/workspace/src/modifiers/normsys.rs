//! `normsys`: a factor, interpolated between -1 and +1 standard deviation.
//!
//! Both factors must be above 0, because the interpolation takes their logarithms.

use super::{ModifierData, Node, WorkspaceError};

pub(super) const NAME: &str = "normsys";

fn factor(node: &Node) -> Result<f64, WorkspaceError> {
    let found = node.number()?;
    if found > 0.0 {
        Ok(found)
    } else {
        Err(WorkspaceError::NotPositive { path: node.path.clone(), found })
    }
}

pub(super) fn read(node: &Node, _bins: usize) -> Result<ModifierData, WorkspaceError> {
    node.only(&["lo", "hi"])?;
    let (lo, hi) = (factor(&node.field("lo")?)?, factor(&node.field("hi")?)?);
    Ok(ModifierData::Normsys { lo, hi })
}
