//! Turns settings into events, problems and options, with defaults filled in.

use super::settings::{ObservableSettings, ObservableValues};
use crate::cli::CliError;
use crate::cli::input::read_file;
use crate::cli::optimize::processes::{FileReader, Process, ProcessSource, make_absolute};
use crate::cli::settings::{Fields, Settings};
use diffhep::analyses::observable::{
    ObservableError, ObservableModel, ObservableOptions, ObservableProblem, TemplateFill,
    equal_edges,
};
use diffhep::histfactory::{Workspace, WorkspaceError};
use diffhep::kernels::kernel_histogram::Bandwidth;
use diffhep::optimize::minibatch::MinibatchOptions;
use diffhep::studies::{StudyError, observable_preset};

/// Signals and backgrounds.
type Processes = (Vec<Process>, Vec<Process>);

/// The source of the events.
enum Events {
    /// A toy, with one draw per seed.
    Toy(Vec<Processes>),
    Files(Processes),
    /// A template, and the processes that populate it, each with its channel.
    Template(Workspace, Vec<(String, Process)>),
}

/// What is to be trained, and how.
pub(super) struct ObservablePlan {
    events: Events,
    pub(super) options: ObservableOptions,
    pub(super) training: MinibatchOptions,
    /// The settings, with every default filled in.
    pub(super) settings: ObservableSettings,
}

impl ObservablePlan {
    /// Reads or draws the events named in the settings.
    pub(super) fn load(mut settings: ObservableSettings) -> Result<Self, CliError> {
        check(&settings)?;
        make_absolute(settings.files())?;
        let processes = settings.signal.iter_mut().chain(&mut settings.background);
        processes.for_each(ProcessSource::settle_name);
        let has_files = settings.has_processes() || settings.template.is_some();
        let (values, events) =
            if has_files { of_files(&mut settings)? } else { of_toy(&mut settings)? };
        let ObservableValues { options, training, .. } = values;
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

    /// The model that events populate; for a toy, `place` is the index of the seed.
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

fn of_toy(settings: &mut ObservableSettings) -> Result<(ObservableValues, Events), CliError> {
    let name = settings.toy.as_deref().unwrap_or(ObservableValues::TOY);
    let preset = observable_preset(name).map_err(StudyError::from)?;
    let (points, draw) = (settings.points.unwrap_or(preset.points), preset.draw);
    let values = settle(settings, ObservableValues::toy(name, preset))?;
    let draws = values.seeds.iter().map(|seed| Process::of_data(&draw(points, *seed).data(true)));
    let events = Events::Toy(draws.collect());
    Ok((values, events))
}

fn of_files(settings: &mut ObservableSettings) -> Result<(ObservableValues, Events), CliError> {
    let events = read(settings)?;
    let mut values = ObservableValues::files();
    if let Events::Template(workspace, fills) = &events {
        values.bins = Some(template_bins(workspace, fills, settings)?);
    }
    Ok((settle(settings, values)?, events))
}

fn read(settings: &ObservableSettings) -> Result<Events, CliError> {
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

/// The number of bins of the first populated channel.
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
    /// An error in the template, reported with its file name.
    fn template_error(&self, cause: WorkspaceError) -> CliError {
        let path = self.template.as_deref().map(|path| path.display().to_string());
        CliError::Workspace { source_name: path.unwrap_or_default(), cause }
    }

    /// An error of a problem; errors in a template are reported with its file name.
    fn name_template(&self, error: ObservableError) -> CliError {
        match error {
            ObservableError::Workspace(cause) if self.template.is_some() => {
                self.template_error(cause)
            }
            error => StudyError::from(error).into(),
        }
    }
}

/// Settles settings and values, and checks the values.
fn settle(
    settings: &mut ObservableSettings,
    mut values: ObservableValues,
) -> Result<ObservableValues, CliError> {
    // Edges replace the default number of bins, and a relative bandwidth replaces the absolute one.
    values.bins = values.bins.filter(|_| settings.edges.is_empty());
    values.bandwidth = values.bandwidth.filter(|_| settings.relative_bandwidth.is_none());
    settings.seeds.sort_unstable();
    settings.seeds.dedup();
    settings.settle(&mut values);
    let options = &mut values.options;
    if let Some(bins) = values.bins {
        ObservableOptions::check_bins(bins).map_err(StudyError::from)?;
        options.edges = equal_edges(bins);
    } else {
        options.edges.clone_from(&settings.edges);
    }
    let bandwidth = settings.relative_bandwidth.map(Bandwidth::Relative);
    let bandwidth = bandwidth.or(values.bandwidth.map(Bandwidth::Absolute));
    options.bandwidth = bandwidth.unwrap_or(options.bandwidth);
    options.check().map_err(StudyError::from)?;
    Ok(values)
}
