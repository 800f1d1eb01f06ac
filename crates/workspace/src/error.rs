//! Errors in a workspace, in a patch, or in the model requested from it.

use diffhep_names::UnknownName;

/// Why no model can be made from a workspace, patch or measurement.
///
/// Paths are JSON pointers into the (patched) workspace; that of the whole is displayed as `/`.
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
        /// The parser's message.
        message: String,
    },
    /// A value has the wrong JSON type.
    #[error("{path}: expected {expected}, found {found}")]
    WrongType {
        /// Its JSON pointer.
        path: String,
        /// The expected type.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// A key is missing.
    #[error("{path}: the key '{key}' is missing; add it")]
    MissingKey {
        /// The object's JSON pointer.
        path: String,
        /// The key.
        key: &'static str,
    },
    /// A key does not exist in HistFactory JSON.
    #[error("{path}: unknown key '{key}'; allowed here: {allowed}")]
    UnknownKey {
        /// The object's JSON pointer.
        path: String,
        /// The key.
        key: String,
        /// The allowed keys.
        allowed: String,
    },
    /// An array is empty.
    #[error("{path}: the array is empty; it needs at least one entry")]
    Empty {
        /// Its JSON pointer.
        path: String,
    },
    /// An array does not have the length that its channel or parameter requires.
    #[error("{path}: expected {expected} numbers, found {found}")]
    WrongLength {
        /// Its JSON pointer.
        path: String,
        /// Required number of entries.
        expected: usize,
        /// Number of entries found.
        found: usize,
    },
    /// Two items of the same kind share a name.
    #[error("{path}: a second {kind} named '{name}'; rename or remove one")]
    DuplicateName {
        /// The JSON pointer of the second one.
        path: String,
        /// Channel, sample, modifier, observation, measurement or parameter.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The schema version is not 1.0.0.
    #[error("/version: expected '1.0.0', found '{found}'; convert the workspace first")]
    Version {
        /// The version found.
        found: String,
    },
    /// A modifier type does not exist in HistFactory JSON.
    #[error("{path}: unknown modifier type '{found}'; known: {known}")]
    UnknownModifierType {
        /// Its JSON pointer.
        path: String,
        /// The type found.
        found: String,
        /// All types.
        known: String,
    },
    /// A `lumi` modifier is not named `lumi`.
    #[error("{path}: a lumi modifier must be named 'lumi', found '{found}'")]
    LumiName {
        /// Its JSON pointer.
        path: String,
        /// The name found.
        found: String,
    },
    /// A number is not above 0 but has to be.
    #[error("{path}: must be above 0, found {found}")]
    NotPositive {
        /// Its JSON pointer.
        path: String,
        /// The number.
        found: f64,
    },
    /// An observed or auxiliary count is below 0.
    #[error("{path}: a count must not be negative, found {found}")]
    NegativeCount {
        /// Its JSON pointer.
        path: String,
        /// The number.
        found: f64,
    },
    /// A channel has no observation.
    #[error("/observations: no entry for channel '{channel}'; add its observed counts")]
    MissingObservation {
        /// The channel.
        channel: String,
    },
    /// A template lacks a component.
    #[error("{path}: no {kind} named '{name}'; the template has: {known}")]
    NoSuchTemplate {
        /// Where it was searched for.
        path: String,
        /// The kind of component.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The existing names.
        known: String,
    },
    /// Yields are not finite numbers.
    #[error("{path}: {found} is not a finite number of events")]
    NotFinite {
        /// Its JSON pointer.
        path: String,
        /// The value that was to be stored there.
        found: f64,
    },
    /// There is no measurement of that name.
    #[error("no measurement named '{name}'; the workspace has: {known}")]
    UnknownMeasurement {
        /// The requested name.
        name: String,
        /// The existing names.
        known: String,
    },
    /// The measurement's parameter of interest is not a parameter of the model.
    #[error(
        "{path}: the parameter of interest '{poi}' is no parameter of the model; a background-only \
         workspace needs a patch that adds the signal"
    )]
    MissingPoi {
        /// Its JSON pointer.
        path: String,
        /// Its name.
        poi: String,
    },
    /// The parameter of interest has more than one component.
    #[error("{path}: the parameter of interest '{poi}' has {components} components; it needs one")]
    VectorPoi {
        /// Its JSON pointer.
        path: String,
        /// Its name.
        poi: String,
        /// How many it has.
        components: usize,
    },
    /// Modifiers of the same name require different parameters.
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
    /// A `shapesys` name is used twice.
    #[error("{path}: shapesys modifiers cannot be shared, and '{name}' is used before; rename it")]
    SharedShapesys {
        /// Its JSON pointer.
        path: String,
        /// The name.
        name: String,
    },
    /// Samples have the same `staterror` in different sets of channels.
    #[error(
        "staterror '{name}': sample '{sample}' carries it in other channels than sample '{other}'; \
         use one name a channel"
    )]
    UnevenStaterror {
        /// The modifier's name.
        name: String,
        /// A sample.
        sample: String,
        /// The sample it differs from.
        other: String,
    },
    /// A shared `shapefactor` is in a channel with more bins than its parameter has components.
    #[error(
        "{path}: shapefactor '{name}' has {components} components, too few for the {bins} bins of \
         channel '{channel}'; use one name a binning"
    )]
    ShortShapefactor {
        /// Its JSON pointer.
        path: String,
        /// The name.
        name: String,
        /// Number of components, from the first channel that has it.
        components: usize,
        /// Number of bins of this channel.
        bins: usize,
        /// The channel.
        channel: String,
    },
    /// A parameter has a setting that its type does not use.
    #[error("{path}: parameter '{name}' does not use '{attribute}'; remove it")]
    UnusedAttribute {
        /// Its JSON pointer.
        path: String,
        /// The parameter.
        name: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// A `lumi` parameter lacks one of its settings.
    #[error("{path}: the measurement must give '{attribute}' for the parameter 'lumi'")]
    MissingLumiSetting {
        /// The measurement's parameters.
        path: String,
        /// What is missing.
        attribute: &'static str,
    },
    /// A lower bound is not below the upper one.
    #[error("{path}: the lower bound {lower} must be below the upper bound {upper}")]
    BoundsOrder {
        /// Its JSON pointer.
        path: String,
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// An initial value is outside its bounds.
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
    /// A JSON patch cannot be applied to the workspace.
    #[error("{source_name}: {message}")]
    Patch {
        /// The file or patch's name.
        source_name: String,
        /// Which operation failed, and why.
        message: String,
    },
    /// The JSON is not a patch set.
    #[error(
        "not a patch set: there are no 'patches'; give the file that holds patches and their metadata"
    )]
    NotAPatchSet,
    /// A text does not have the form that pyhf's schema requires.
    #[error("{path}: expected {expected}, found '{found}'")]
    WrongText {
        /// Its JSON pointer.
        path: String,
        /// The required form.
        expected: &'static str,
        /// The text found.
        found: String,
    },
    /// A patch does not have one value per label.
    #[error("{path}: expected {expected} values, one for each label, found {found}")]
    WrongValues {
        /// The JSON pointer of the values.
        path: String,
        /// How many labels there are.
        expected: usize,
        /// How many values there are.
        found: usize,
    },
    /// Two patches are for the same point.
    #[error("{path}: the patch '{name}' has the values of '{other}'; change or remove one")]
    DuplicateValues {
        /// The values of the second one.
        path: String,
        /// The second patch.
        name: String,
        /// The first one.
        other: String,
    },
    /// A patch set does not say which workspace it is for.
    #[error(
        "the patch set has no digest under /metadata/digests to verify the workspace by; add the \
         workspace's, or apply one patch without verifying"
    )]
    NoDigest,
    /// A digest uses an unsupported algorithm.
    #[error("/metadata/digests: {0}")]
    UnknownAlgorithm(#[from] UnknownName),
    /// A patch set was made for another workspace.
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
    /// A patch set has no patch with these values.
    #[error("no patch with the values ({values}) in the patch set; it has {known}")]
    UnknownPatchValues {
        /// The requested values.
        values: String,
        /// The existing values, or the first of them.
        known: String,
    },
    /// A patch set has no patch of that name.
    #[error("no patch named '{name}' in the patch set; it has {known}")]
    UnknownPatch {
        /// The requested name.
        name: String,
        /// The existing names, or the first of them.
        known: String,
    },
}
