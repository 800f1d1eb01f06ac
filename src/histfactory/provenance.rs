//! Where a model's coefficients and parameters come from in its workspace, for the way back.

/// A modifier in the file, by indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) channel: usize,
    pub(super) sample: usize,
    pub(super) modifier: usize,
}

/// What a modifier became in the arrays of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The (channel, sample) pair.
    pub(super) group: usize,
    /// Of a shift, its number among the shifts of each cell; of an interpolated factor, its `norm`
    /// entry; nothing otherwise.
    pub(super) index: usize,
}

/// The modifiers of one type and name: they share their parameters.
#[derive(Clone, Debug)]
pub(super) struct Carriers {
    /// In the walk's order; at least one.
    pub(super) sites: Vec<Site>,
    /// One per site.
    pub(super) entries: Vec<Entry>,
    /// Index of the first parameter.
    pub(super) first: usize,
}

/// The places of everything that became a coefficient or a parameter.
#[derive(Clone, Debug, Default)]
pub(super) struct Provenance {
    /// The measurement's index in the file.
    pub(super) measurement: usize,
    /// Channel and sample of each group.
    pub(super) groups: Vec<(usize, usize)>,
    pub(super) carriers: Vec<Carriers>,
}
