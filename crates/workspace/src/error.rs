//! What can be wrong with a workspace, with a patch, or with the model that is asked of it.

use diffhep_names::UnknownName;

/// A workspace, patch or measurement that no model can be made of.
///
/// Paths are JSON pointers into the (patched) workspace; that of the whole is shown as `/`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// The text is not JSON.
    #[error("not valid JSON at line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// A value of another JSON type.
    #[error("{path}: expected {expected}, found {found}")]
    WrongType {
        /// Where.
        path: String,
        /// The type that belongs there.
        expected: &'static str,
        /// The type that is there.
        found: &'static str,
    },
    /// A key is missing.
    #[error("{path}: the key '{key}' is missing; add it")]
    MissingKey {
        /// The object's place.
        path: String,
        /// The key.
        key: &'static str,
    },
    /// A key that HistFactory JSON does not have.
    #[error("{path}: unknown key '{key}'; allowed here: {allowed}")]
    UnknownKey {
        /// The object's place.
        path: String,
        /// The key.
        key: String,
        /// What may stand there.
        allowed: String,
    },
    /// An array without entries.
    #[error("{path}: the array is empty; it needs at least one entry")]
    Empty {
        /// Where.
        path: String,
    },
    /// An array of another length than its channel or parameter asks for.
    #[error("{path}: expected {expected} numbers, found {found}")]
    WrongLength {
        /// Where.
        path: String,
        /// Entries asked for.
        expected: usize,
        /// Entries found.
        found: usize,
    },
    /// Two things of one kind share a name.
    #[error("{path}: a second {kind} named '{name}'; rename or remove one")]
    DuplicateName {
        /// The second one's place.
        path: String,
        /// Channel, sample, modifier, observation, measurement or parameter.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A schema version other than 1.0.0.
    #[error("/version: expected '1.0.0', found '{found}'; convert the workspace first")]
    Version {
        /// The version found.
        found: String,
    },
    /// A modifier type that HistFactory JSON does not have.
    #[error("{path}: unknown modifier type '{found}'; known: {known}")]
    UnknownModifierType {
        /// Where.
        path: String,
        /// The type found.
        found: String,
        /// All types.
        known: String,
    },
    /// A `lumi` modifier under another name.
    #[error("{path}: a lumi modifier must be named 'lumi', found '{found}'")]
    LumiName {
        /// Where.
        path: String,
        /// The name found.
        found: String,
    },
    /// A number that must be above 0.
    #[error("{path}: must be above 0, found {found}")]
    NotPositive {
        /// Where.
        path: String,
        /// The number.
        found: f64,
    },
    /// An observed or auxiliary count below 0.
    #[error("{path}: a count must not be negative, found {found}")]
    NegativeCount {
        /// Where.
        path: String,
        /// The number.
        found: f64,
    },
    /// A channel without observation.
    #[error("/observations: no entry for channel '{channel}'; add its observed counts")]
    MissingObservation {
        /// The channel.
        channel: String,
    },
    /// A part that a template does not have.
    #[error("{path}: no {kind} named '{name}'; the template has: {known}")]
    NoSuchTemplate {
        /// Where it was looked for.
        path: String,
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Yields that are not a number.
    #[error("{path}: {found} is not a finite number of events")]
    NotFinite {
        /// Where.
        path: String,
        /// What was to be put there.
        found: f64,
    },
    /// No measurement of that name.
    #[error("no measurement named '{name}'; the workspace has: {known}")]
    UnknownMeasurement {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The measurement's parameter of interest is no parameter of the model.
    #[error(
        "{path}: the parameter of interest '{poi}' is no parameter of the model; a background-only \
         workspace needs a patch that adds the signal"
    )]
    MissingPoi {
        /// Where.
        path: String,
        /// Its name.
        poi: String,
    },
    /// The parameter of interest has more than one component.
    #[error("{path}: the parameter of interest '{poi}' has {components} components; it needs one")]
    VectorPoi {
        /// Where.
        path: String,
        /// Its name.
        poi: String,
        /// How many it has.
        components: usize,
    },
    /// Modifiers of one name that ask for different parameters.
    #[error(
        "parameter '{name}' is asked for by {first} and {second} modifiers that do not fit; \
         rename one of them"
    )]
    IncompatibleSharing {
        /// The parameter.
        name: String,
        /// Type of the first modifier.
        first: &'static str,
        /// Type of the second.
        second: &'static str,
    },
    /// A `shapesys` name used twice.
    #[error("{path}: shapesys modifiers cannot be shared, and '{name}' is used before; rename it")]
    SharedShapesys {
        /// Where.
        path: String,
        /// The name.
        name: String,
    },
    /// Samples that carry one `staterror` in different sets of channels.
    #[error(
        "staterror '{name}': sample '{sample}' carries it in other channels than sample '{other}'; \
         use one name a channel"
    )]
    UnevenStaterror {
        /// The modifier's name.
        name: String,
        /// A sample.
        sample: String,
        /// The one it differs from.
        other: String,
    },
    /// A shared `shapefactor` in a channel with more bins than its parameter has.
    #[error(
        "{path}: shapefactor '{name}' has {components} components, too few for the {bins} bins of \
         channel '{channel}'; use one name a binning"
    )]
    ShortShapefactor {
        /// Where.
        path: String,
        /// The name.
        name: String,
        /// Components, from the first channel that carries it.
        components: usize,
        /// Bins of this channel.
        bins: usize,
        /// The channel.
        channel: String,
    },
    /// A setting of a parameter whose type does not use it.
    #[error("{path}: parameter '{name}' does not use '{attribute}'; remove it")]
    UnusedAttribute {
        /// Where.
        path: String,
        /// The parameter.
        name: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// A `lumi` parameter without one of its settings.
    #[error("{path}: the measurement must give '{attribute}' for the parameter 'lumi'")]
    MissingLumiSetting {
        /// The measurement's parameters.
        path: String,
        /// What is missing.
        attribute: &'static str,
    },
    /// A lower bound that is not below the upper one.
    #[error("{path}: the lower bound {lower} must be below the upper bound {upper}")]
    BoundsOrder {
        /// Where.
        path: String,
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// An initial value outside its bounds.
    #[error("parameter '{name}': its initial value {init} lies outside [{lower}, {upper}]")]
    InitOutsideBounds {
        /// The parameter.
        name: String,
        /// Its initial value.
        init: f64,
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// A JSON patch that does not fit the workspace.
    #[error("{source_name}: {message}")]
    Patch {
        /// The file or patch's name.
        source_name: String,
        /// Which operation and why.
        message: String,
    },
    /// JSON that is no patch set.
    #[error(
        "not a patch set: there are no 'patches'; give the file that holds patches and their metadata"
    )]
    NotAPatchSet,
    /// A text of another form than pyhf's schema asks for.
    #[error("{path}: expected {expected}, found '{found}'")]
    WrongText {
        /// Where.
        path: String,
        /// The form that belongs there.
        expected: &'static str,
        /// The text that is there.
        found: String,
    },
    /// A patch without a value for each label.
    #[error("{path}: expected {expected} values, one for each label, found {found}")]
    WrongValues {
        /// The values' place.
        path: String,
        /// How many labels there are.
        expected: usize,
        /// How many values there are.
        found: usize,
    },
    /// Two patches for one point.
    #[error("{path}: the patch '{name}' has the values of '{other}'; change or remove one")]
    DuplicateValues {
        /// The second one's values.
        path: String,
        /// The second patch.
        name: String,
        /// The first one.
        other: String,
    },
    /// A patch set that does not say which workspace it is for.
    #[error(
        "the patch set has no digest under /metadata/digests to verify the workspace by; add the \
         workspace's, or apply one patch without verifying"
    )]
    NoDigest,
    /// A digest by an algorithm that is not at hand.
    #[error("/metadata/digests: {0}")]
    UnknownAlgorithm(#[from] UnknownName),
    /// A patch set made for another workspace.
    #[error(
        "the {algorithm} digest of the workspace is {found}, but the patch set is for one with \
         {expected}; take that workspace as it was published (order and 1 against 1.0 count)"
    )]
    DigestMismatch {
        /// The hashing algorithm.
        algorithm: &'static str,
        /// The digest in the patch set.
        expected: String,
        /// The workspace's digest.
        found: String,
    },
    /// A patch set without a patch of these values.
    #[error("no patch with the values ({values}) in the patch set; it has {known}")]
    UnknownPatchValues {
        /// The values asked for.
        values: String,
        /// The values there are, or the first of them.
        known: String,
    },
    /// A patch set without a patch of that name.
    #[error("no patch named '{name}' in the patch set; it has {known}")]
    UnknownPatch {
        /// The name asked for.
        name: String,
        /// The names there are, or the first of them.
        known: String,
    },
}
