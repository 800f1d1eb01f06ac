//! Turns settings into samples, categories and options, with defaults filled in.

use super::settings::{BinningMethod, BinningSettings, BinningValues, CategoryKind};
use crate::cli::CliError;
use crate::cli::optimize::processes::{FileReader, Process, ProcessSource, make_absolute};
use crate::cli::settings::{Fields, Settings};
use diffhep::analyses::binning::{
    BinningDescent, BinningOptions, CategoryModel, MixtureMeans, ProcessData,
};
use diffhep::studies::{StudyError, binning_preset};

/// What is to be optimised, and how.
pub(super) struct BinningPlan {
    signals: Vec<Process>,
    backgrounds: Vec<Process>,
    pub(super) model: CategoryModel,
    pub(super) options: BinningOptions,
    pub(super) descent: BinningDescent,
    pub(super) is_exact: bool,
    pub(super) bins: Vec<usize>,
    pub(super) seed: Option<u64>,
    /// The settings, with every default filled in.
    pub(super) settings: BinningSettings,
}

impl BinningPlan {
    /// The processes in the form that the analysis takes.
    pub(super) fn data(&self) -> ProcessData<'_> {
        let mut data = Process::data(&self.signals, &self.backgrounds);
        if self.settings.shape_systematics == Some(false) {
            data.backgrounds.iter_mut().for_each(|background| background.shapes.clear());
        }
        data
    }

    /// Reads or draws the samples named in the settings.
    pub(super) fn load(mut settings: BinningSettings) -> Result<Self, CliError> {
        check(&settings)?;
        let (signals, backgrounds, preset) = if settings.has_files() {
            let (signals, backgrounds) = read_files(&mut settings)?;
            (signals, backgrounds, None)
        } else {
            let toy = settings.toy.as_deref().unwrap_or(BinningValues::TOY);
            let seed = settings.seed.unwrap_or(BinningValues::SEED);
            let preset = binning_preset(toy, seed).map_err(StudyError::from)?;
            let (signals, backgrounds) = Process::of_data(&preset.toy.data(true));
            (signals, backgrounds, Some(preset.model))
        };
        let model = model(&mut settings, preset)?;
        let values = settle(&mut settings, &model)?;
        let is_exact = values.method == BinningMethod::Exact;
        let BinningValues { options, descent, bins, seed, .. } = values;
        Ok(Self { signals, backgrounds, model, options, descent, is_exact, bins, seed, settings })
    }
}

fn check(settings: &BinningSettings) -> Result<(), CliError> {
    let has_files = settings.has_files();
    if has_files && (settings.signal.is_empty() || settings.background.is_empty()) {
        return Err(CliError::Usage("give both --signal and --background, or neither (a toy)"));
    }
    if has_files && settings.toy.is_some() {
        return Err(CliError::Usage("a toy and files of events are set; leave out one of them"));
    }
    if has_files && settings.columns.is_empty() {
        return Err(CliError::Usage("name the column to bin, as in --column 'score=0:1'"));
    }
    if !has_files && settings.weight_column.is_some() {
        return Err(CliError::Usage("a weight column is a file's, and events come from a toy"));
    }
    Ok(())
}

/// Reads samples from files, whose paths are made absolute so that a folder of results stays
/// readable from anywhere.
fn read_files(settings: &mut BinningSettings) -> Result<(Vec<Process>, Vec<Process>), CliError> {
    make_absolute(settings.files())?;
    let processes = settings.signal.iter_mut().chain(&mut settings.background);
    processes.for_each(ProcessSource::settle_name);
    let columns = settings.columns.iter().map(|column| column.name.as_str());
    let reader = FileReader::new(columns, settings.weight_column.as_deref());
    reader.processes(&settings.signal, &settings.background)
}

/// The requested categories, or those of the toy.
fn model(
    settings: &mut BinningSettings,
    preset: Option<CategoryModel>,
) -> Result<CategoryModel, CliError> {
    let mut default_means = MixtureMeans::Ranges;
    if let (Some(preset), true) = (preset, settings.columns.is_empty()) {
        let (columns, kind) = match preset {
            CategoryModel::Boundaries(column) => (vec![column], CategoryKind::Boundaries),
            CategoryModel::Product(columns) => (columns, CategoryKind::Product),
            CategoryModel::Mixture(columns, means) => {
                default_means = means;
                (columns, CategoryKind::Mixture)
            }
        };
        settings.columns = columns;
        settings.categories.get_or_insert(kind);
    }
    let mut columns = settings.columns.clone();
    let default = if columns.len() == 1 { CategoryKind::Boundaries } else { CategoryKind::Mixture };
    let kind = *settings.categories.get_or_insert(default);
    if kind != CategoryKind::Mixture && settings.means.is_some() {
        return Err(CliError::Usage("means are those of a mixture; leave --means out"));
    }
    match kind {
        CategoryKind::Boundaries if columns.len() > 1 => Err(CliError::Usage(
            "boundaries are those of one column; name one --column, or choose --categories product \
             or mixture",
        )),
        CategoryKind::Boundaries => Ok(CategoryModel::Boundaries(columns.remove(0))),
        CategoryKind::Product => Ok(CategoryModel::Product(columns)),
        CategoryKind::Mixture => {
            Ok(CategoryModel::Mixture(columns, settings.means.unwrap_or(default_means)))
        }
    }
}

/// Settles settings and values.
fn settle(
    settings: &mut BinningSettings,
    model: &CategoryModel,
) -> Result<BinningValues, CliError> {
    let is_mixture = matches!(model, CategoryModel::Mixture(..));
    if !is_mixture && settings.has_files() && settings.seed.is_some() {
        return Err(CliError::Usage(
            "a seed is that of a toy or of a mixture's start; leave it out",
        ));
    }
    let mut values = match model {
        CategoryModel::Mixture(_, means) => BinningValues::mixture(*means),
        _ => BinningValues::standard(),
    };
    if settings.has_files() {
        values.toy = None;
        values.seed = values.seed.filter(|_| is_mixture);
    }
    settings.bins.sort_unstable();
    settings.bins.dedup();
    settings.settle(&mut values);
    if let BinningMethod::Descent(method) = values.method {
        values.descent.training.method = method;
    }
    if let Some(seed) = values.seed.filter(|_| is_mixture) {
        values.descent.seed = seed;
    }
    Ok(values)
}
