//! Models that callers refer to by number.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::super::status::Error;
use diffhep::histfactory::{Model, Workspace, WorkspaceInputs, WorkspaceModel};
use diffhep::kernels::interpolation::Interpolation;

/// Handle of a model; 0 for none.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelHandle {
    /// Never used twice.
    pub id: u64,
}

/// A workspace with its model and data.
pub(super) struct Loaded {
    pub(super) workspace: Workspace,
    pub(super) model: Model,
    pub(super) data: Vec<f64>,
    pub(super) inputs: WorkspaceInputs,
    pub(super) measurement: Option<String>,
}

impl Loaded {
    pub(super) fn new(
        workspace: Workspace,
        measurement: Option<String>,
        interpolation: Interpolation,
    ) -> Result<Self, Error> {
        let model = workspace.model_with(measurement.as_deref(), interpolation)?;
        let (data, inputs) = (workspace.data(&model), workspace.inputs(&model));
        Ok(Self { workspace, model, data, inputs, measurement })
    }
}

static MODELS: LazyLock<RwLock<BTreeMap<u64, Arc<Loaded>>>> = LazyLock::new(RwLock::default);
/// The next handle; 0 belongs to no model.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Stores a model under a number that was never used before.
pub(super) fn keep(loaded: Loaded) -> ModelHandle {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    // A poisoned map is still consistent, since nothing that panics runs while it is locked.
    let mut models = MODELS.write().unwrap_or_else(PoisonError::into_inner);
    models.insert(id, Arc::new(loaded));
    ModelHandle { id }
}

/// The model of a handle, which stays alive while it is in use.
pub(super) fn get(handle: ModelHandle) -> Result<Arc<Loaded>, Error> {
    let models = MODELS.read().unwrap_or_else(PoisonError::into_inner);
    models.get(&handle.id).cloned().ok_or(Error::Handle(handle.id))
}

/// Drops a model.
pub(super) fn forget(handle: ModelHandle) -> Result<(), Error> {
    let mut models = MODELS.write().unwrap_or_else(PoisonError::into_inner);
    let removed = models.remove(&handle.id);
    drop(models);
    removed.map(drop).ok_or(Error::Handle(handle.id))
}
