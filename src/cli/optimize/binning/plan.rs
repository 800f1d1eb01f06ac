//! From settings to samples, categories and options; defaults filled in.

use super::settings::{
    BinningMethod, BinningSettings, CategoryKind, ColumnArgument, MeansArgument,
};
use crate::cli::CliError;
use crate::cli::optimize::sources::{FileReader, Process, make_absolute};
use diffhep::analyses::BackgroundUncertainty;
use diffhep::analyses::binning::{
    BinnedColumn, BinningDescent, BinningOptions, CategoryModel, MixtureMeans, Penalties,
    ProcessData,
};
use diffhep::studies::{StudyError, binning_preset};

/// The toy where neither files nor a toy are named.
const DEFAULT_TOY: &str = "gaussians";
/// Numbers of bins where none is asked for.
const DEFAULT_BINS: [usize; 3] = [3, 5, 10];

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
    /// With every default filled in.
    pub(super) settings: BinningSettings,
}

impl BinningPlan {
    /// The processes, as the analysis takes them.
    pub(super) fn data(&self) -> ProcessData<'_> {
        let mut data = Process::data(&self.signals, &self.backgrounds);
        if self.settings.shape_systematics == Some(false) {
            data.backgrounds.iter_mut().for_each(|background| background.shapes.clear());
        }
        data
    }

    /// Reads or draws the samples that settings name.
    pub(super) fn load(mut settings: BinningSettings) -> Result<Self, CliError> {
        check(&settings)?;
        let (signals, backgrounds, preset) = if settings.has_files() {
            let (signals, backgrounds) = read_files(&mut settings)?;
            (signals, backgrounds, None)
        } else {
            let toy = settings.toy.get_or_insert_with(|| DEFAULT_TOY.to_owned());
            let seed = *settings.seed.get_or_insert(0);
            let preset = binning_preset(toy, seed).map_err(StudyError::from)?;
            let (signals, backgrounds) = Process::of_data(&preset.toy.data(true));
            (signals, backgrounds, Some(preset.model))
        };
        let model = model(&mut settings, preset)?;
        let descent = descent(&mut settings, &model)?;
        let options = options(&mut settings);
        if settings.bins.is_empty() {
            settings.bins = DEFAULT_BINS.to_vec();
        }
        settings.bins.sort_unstable();
        settings.bins.dedup();
        let is_exact = settings.method == Some(BinningMethod::Exact);
        let (bins, seed) = (settings.bins.clone(), settings.seed);
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

/// Samples from files, whose paths are made absolute: a folder of results stays readable from
/// anywhere.
fn read_files(settings: &mut BinningSettings) -> Result<(Vec<Process>, Vec<Process>), CliError> {
    make_absolute(settings.files())?;
    let columns = settings.columns.iter().map(|column| column.0.name.as_str());
    let reader = FileReader::new(columns, settings.weight_column.as_deref());
    reader.processes(&settings.signal, &settings.background)
}

/// The categories: those asked for, or those of the toy.
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
        settings.columns = columns.into_iter().map(ColumnArgument).collect();
        settings.categories.get_or_insert(kind);
    }
    let mut columns: Vec<BinnedColumn> = settings.columns.iter().map(|c| c.0.clone()).collect();
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
            let means = settings.means.get_or_insert(MeansArgument(default_means));
            Ok(CategoryModel::Mixture(columns, means.0))
        }
    }
}

fn descent(
    settings: &mut BinningSettings,
    model: &CategoryModel,
) -> Result<BinningDescent, CliError> {
    let mut descent = match model {
        CategoryModel::Mixture(..) => BinningDescent::mixture(),
        _ => BinningDescent::default(),
    };
    let training = &mut descent.training;
    let method = *settings.method.get_or_insert(BinningMethod::Descent(training.method));
    if let BinningMethod::Descent(method) = method {
        training.method = method;
    }
    training.steps = *settings.epochs.get_or_insert(training.steps);
    training.learning_rate = *settings.learning_rate.get_or_insert(training.learning_rate);
    training.hardness = *settings.steepness.get_or_insert(training.hardness);
    descent.fine_bins = *settings.fine_bins.get_or_insert(descent.fine_bins);
    descent.fine_edges = *settings.fine_edges.get_or_insert(descent.fine_edges);
    descent.refine = *settings.refine.get_or_insert(descent.refine);
    if matches!(model, CategoryModel::Mixture(..)) {
        descent.seed = *settings.seed.get_or_insert(0);
    } else if settings.has_files() && settings.seed.is_some() {
        return Err(CliError::Usage(
            "a seed is that of a toy or of a mixture's start; leave it out",
        ));
    }
    Ok(descent)
}

fn options(settings: &mut BinningSettings) -> BinningOptions {
    let mut options = BinningOptions::default();
    let penalties: &mut Penalties = &mut options.penalties;
    penalties.minimum_background = settings.minimum_background;
    penalties.yield_weight = *settings.yield_penalty.get_or_insert(penalties.yield_weight);
    penalties.maximum_uncertainty =
        *settings.maximum_uncertainty.get_or_insert(penalties.maximum_uncertainty);
    penalties.uncertainty_weight =
        *settings.uncertainty_penalty.get_or_insert(penalties.uncertainty_weight);
    options.objective = *settings.objective.get_or_insert(options.objective);
    options.combination = *settings.combination.get_or_insert(options.combination);
    options.signal_weights.clone_from(&settings.signal_weights);
    options.uncertainty = BackgroundUncertainty {
        relative: *settings.background_uncertainty.get_or_insert(0.0),
        simulation: *settings.simulation_uncertainty.get_or_insert(false),
    };
    options.order = *settings.order.get_or_insert(options.order);
    settings.shape_systematics.get_or_insert(true);
    options
}
