//! From settings to events, problems and options; defaults filled in.

use super::arguments::HiddenLayers;
use super::settings::ObservableSettings;
use crate::cli::CliError;
use crate::cli::input::read_file;
use crate::cli::optimize::sources::{FileReader, Process, make_absolute};
use diffhep::analyses::observable::{
    ObservableError, ObservableModel, ObservableOptions, ObservableProblem, TemplateFill,
    equal_edges,
};
use diffhep::histfactory::{Workspace, WorkspaceError};
use diffhep::kernels::kernel_histogram::Bandwidth;
use diffhep::optimize::minibatch::MinibatchOptions;
use diffhep::studies::{ObservablePreset, StudyError, observable_preset};

/// The toy where neither files nor a toy are named.
const DEFAULT_TOY: &str = "blobs";

/// Signals and backgrounds.
type Processes = (Vec<Process>, Vec<Process>);

/// Where events come from.
enum Events {
    /// A toy's, a draw a seed.
    Toy(Vec<Processes>),
    Files(Processes),
    /// Each with its channel.
    Template(Workspace, Vec<(String, Process)>),
}

/// What is to be trained, and how.
pub(super) struct ObservablePlan {
    events: Events,
    pub(super) options: ObservableOptions,
    pub(super) training: MinibatchOptions,
    /// With every default filled in.
    pub(super) settings: ObservableSettings,
}

impl ObservablePlan {
    /// Reads or draws the events that settings name.
    pub(super) fn load(mut settings: ObservableSettings) -> Result<Self, CliError> {
        check(&settings)?;
        if settings.seeds.is_empty() {
            settings.seeds.push(0);
        }
        settings.seeds.sort_unstable();
        settings.seeds.dedup();
        make_absolute(settings.files())?;
        let preset = preset(&mut settings)?;
        let events = match &preset {
            Some(preset) => of_toy(&mut settings, preset)?,
            None => of_files(&settings)?,
        };
        let bins = match &events {
            Events::Template(workspace, fills) => template_bins(workspace, fills, &settings)?,
            _ => ObservableOptions::default().bins(),
        };
        let (of_problem, of_training) = match preset {
            Some(preset) => (preset.options, preset.training),
            None => (ObservableOptions::default(), MinibatchOptions::new(100, "loss")),
        };
        let options = options(&mut settings, of_problem, bins)?;
        let training = training(&mut settings, of_training);
        Ok(Self { events, options, training, settings })
    }

    /// The problem of each seed.
    pub(super) fn problems(&self) -> Result<Vec<ObservableProblem<'_>>, CliError> {
        let seeds = self.settings.seeds.iter().enumerate();
        seeds.map(|(place, seed)| self.problem(place, *seed)).collect()
    }

    fn problem(&self, place: usize, seed: u64) -> Result<ObservableProblem<'_>, CliError> {
        let columns = &self.settings.columns;
        let problem = self
            .model(place)
            .and_then(|model| ObservableProblem::new(model, columns, self.options.clone(), seed));
        let problem = problem.map_err(|error| self.settings.name_template(error))?;
        problem.check_training(&self.training).map_err(StudyError::from)?;
        Ok(problem)
    }

    /// The model that events fill; a toy's are those of a seed's place.
    fn model(&self, place: usize) -> Result<ObservableModel<'_>, ObservableError> {
        let (signals, backgrounds) = match &self.events {
            Events::Toy(draws) => &draws[place],
            Events::Files(processes) => processes,
            Events::Template(workspace, fills) => {
                let fills: Vec<TemplateFill> = fills.iter().map(template_fill).collect();
                return ObservableModel::of_template(workspace.clone(), &fills);
            }
        };
        let data = Process::data(signals, backgrounds);
        ObservableModel::of_processes(&data, self.options.bins())
    }
}

fn template_fill((channel, process): &(String, Process)) -> TemplateFill<'_> {
    TemplateFill {
        channel: channel.clone(),
        sample: process.named().name,
        events: &process.nominal,
        variations: process.variations(),
    }
}

fn check(settings: &ObservableSettings) -> Result<(), CliError> {
    let has_files = settings.has_processes();
    let has_template = settings.template.is_some();
    let is_toy = !has_files && !has_template;
    let cases = [
        (
            [settings.toy.is_some(), has_files, has_template].iter().filter(|set| **set).count()
                > 1,
            "events come from a toy, from signals and backgrounds, or fill a template; leave out two \
             of these",
        ),
        (
            has_files && (settings.signal.is_empty() || settings.background.is_empty()),
            "give both --signal and --background, or neither (a toy, or a template)",
        ),
        (
            has_template && settings.fill.is_empty(),
            "nothing fills the template; add tables [[fill]] to a --config file, each with channel, \
             sample and file",
        ),
        (
            !has_template && !settings.fill.is_empty(),
            "tables [[fill]] fill a template; name it with template = FILE, or --template",
        ),
        (
            !is_toy && settings.columns.is_empty(),
            "name the network's inputs, as in --column pt --column eta",
        ),
        (
            !is_toy && settings.points.is_some(),
            "points are a toy's, and events come from files; leave --points out",
        ),
        (
            is_toy && settings.weight_column.is_some(),
            "a weight column is a file's, and events come from a toy",
        ),
        (settings.points == Some(0), "there are no processes of 0 points; give 2 or more"),
        (
            settings.bins.is_some() && !settings.edges.is_empty(),
            "bins and edges are set; leave out one of them",
        ),
        (
            settings.bandwidth.is_some() && settings.relative_bandwidth.is_some(),
            "bandwidth and relative-bandwidth are set; leave out one of them",
        ),
    ];
    let wrong = cases.into_iter().find(|(is_wrong, _)| *is_wrong);
    wrong.map_or(Ok(()), |(_, words)| Err(CliError::Usage(words)))
}

/// The toy's preset, if events come from one.
fn preset(settings: &mut ObservableSettings) -> Result<Option<ObservablePreset>, CliError> {
    if settings.has_processes() || settings.template.is_some() {
        return Ok(None);
    }
    let name = settings.toy.get_or_insert_with(|| DEFAULT_TOY.to_owned());
    Ok(Some(observable_preset(name).map_err(StudyError::from)?))
}

fn of_toy(
    settings: &mut ObservableSettings,
    preset: &ObservablePreset,
) -> Result<Events, CliError> {
    let points = *settings.points.get_or_insert(preset.points);
    if settings.columns.is_empty() {
        settings.columns.clone_from(&preset.columns);
    }
    let draw = |seed: &u64| Process::of_data(&(preset.draw)(points, *seed).data(true));
    Ok(Events::Toy(settings.seeds.iter().map(draw).collect()))
}

fn of_files(settings: &ObservableSettings) -> Result<Events, CliError> {
    let columns = settings.columns.iter().map(String::as_str);
    let reader = FileReader::new(columns, settings.weight_column.as_deref());
    let Some(path) = &settings.template else {
        return Ok(Events::Files(reader.processes(&settings.signal, &settings.background)?));
    };
    let workspace = Workspace::from_text(&read_file(path)?);
    let workspace = workspace.map_err(|cause| settings.template_error(cause))?;
    let fills =
        settings.fill.iter().map(|fill| Ok((fill.channel.clone(), reader.process(&fill.process)?)));
    Ok(Events::Template(workspace, fills.collect::<Result<_, CliError>>()?))
}

/// Bins of the first channel that is filled.
fn template_bins(
    workspace: &Workspace,
    fills: &[(String, Process)],
    settings: &ObservableSettings,
) -> Result<usize, CliError> {
    let (channel, process) = fills.first().expect("a template without fills was refused");
    let slot = workspace.nominal_slot(channel, &process.named().name);
    let slot = slot.map_err(|cause| settings.template_error(cause))?;
    Ok(workspace.yields(slot).len())
}

impl ObservableSettings {
    /// What is wrong with the template, by its name.
    fn template_error(&self, cause: WorkspaceError) -> CliError {
        let path = self.template.as_deref().map(|path| path.display().to_string());
        CliError::Workspace { source_name: path.unwrap_or_default(), cause }
    }

    /// An error of a problem; one of a template names it.
    fn name_template(&self, error: ObservableError) -> CliError {
        match error {
            ObservableError::Workspace(cause) if self.template.is_some() => {
                self.template_error(cause)
            }
            error => StudyError::from(error).into(),
        }
    }
}

fn options(
    settings: &mut ObservableSettings,
    mut options: ObservableOptions,
    bins: usize,
) -> Result<ObservableOptions, CliError> {
    let hidden = settings.hidden.get_or_insert_with(|| HiddenLayers(options.hidden.clone()));
    options.hidden.clone_from(&hidden.0);
    options.activation = *settings.activation.get_or_insert(options.activation);
    options.standardise = *settings.standardise.get_or_insert(options.standardise);
    if settings.edges.is_empty() {
        let bins = *settings.bins.get_or_insert(bins);
        ObservableOptions::check_bins(bins).map_err(StudyError::from)?;
        options.edges = equal_edges(bins);
    } else {
        options.edges.clone_from(&settings.edges);
    }
    options.train_edges = *settings.train_edges.get_or_insert(options.train_edges);
    options.bandwidth = match (settings.relative_bandwidth, options.bandwidth) {
        (Some(relative), _) => Bandwidth::Relative(relative),
        (None, Bandwidth::Absolute(width)) => {
            Bandwidth::Absolute(*settings.bandwidth.get_or_insert(width))
        }
        (None, preset) => settings.bandwidth.map_or(preset, Bandwidth::Absolute),
    };
    options.overflow = *settings.overflow.get_or_insert(options.overflow);
    let loss = settings.loss.get_or_insert_with(|| options.loss.clone());
    options.loss.clone_from(loss);
    options.background_floor = *settings.background_floor.get_or_insert(options.background_floor);
    options.held_out = *settings.held_out.get_or_insert(options.held_out);
    options.batch_size = *settings.batch_size.get_or_insert(options.batch_size);
    options.check().map_err(StudyError::from)?;
    Ok(options)
}

fn training(settings: &mut ObservableSettings, mut training: MinibatchOptions) -> MinibatchOptions {
    training.epochs = *settings.epochs.get_or_insert(training.epochs);
    training.learning_rate = *settings.learning_rate.get_or_insert(training.learning_rate);
    training.patience = settings.patience.or(training.patience);
    training.select.clone_from(settings.select.get_or_insert_with(|| training.select.clone()));
    training
}
