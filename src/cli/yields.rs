//! `diffhep yields`: expected events before and after the fit, with uncertainties.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::figure;
use super::input::{DataArguments, WorkspaceArguments};
use super::output::OutputArguments;
use super::{CliError, Outcome};
use diffhep::figures::yields::{self as drawn, FitStage, YieldsOptions};
use diffhep::inference::{
    self, ChannelYields, InferenceError, Yields, postfit_yields, prefit_yields,
};

/// Tabulate the expected events of every sample before and after the fit, with their uncertainties.
///
/// Uncertainties are linear in the parameters: before the fit they come from the parameters' own
/// measurements (none for parameters without one), after it from the covariance of the fit. The
/// figure displays stacked samples with data, and their ratio.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Stage of the fit.
    #[arg(long, value_enum, default_value = "both")]
    stage: StageArgument,
    /// Format of the table.
    #[arg(long, value_enum, default_value = "json")]
    format: TableArgument,
    /// Draw data and expected events (SVG, PNG or PDF by the file's ending); needs one stage.
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// Draw events on a logarithmic axis.
    #[arg(long, requires = "figure")]
    log_y: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StageArgument {
    /// Before the fit.
    Prefit,
    /// After the fit.
    Postfit,
    /// Both.
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TableArgument {
    /// One JSON document.
    Json,
    /// One line for each sample and bin, and for each total.
    Csv,
    /// A LaTeX tabular of the totals of channels.
    Latex,
}

type Stage = (FitStage, Vec<ChannelYields>);

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    if arguments.figure.is_some() && arguments.stage == StageArgument::Both {
        return Err(CliError::Usage(
            "a figure shows one stage: add --stage prefit or --stage postfit",
        ));
    }
    let loaded = arguments.input.load()?;
    let (model, data) = (&loaded.model, arguments.data.data(&loaded)?);
    let mut stages: Vec<Stage> = Vec::new();
    if arguments.stage != StageArgument::Postfit {
        let yields = prefit_yields(model, &data).map_err(InferenceError::from)?;
        stages.push((FitStage::PreFit, yields));
    }
    if arguments.stage != StageArgument::Prefit {
        let report = inference::fit(&data, model)?;
        if !report.status.is_minimum() {
            return Err(InferenceError::NotAMinimum { status: report.status.name() }.into());
        }
        stages.push((FitStage::PostFit, postfit_yields(model, &data, &report)?));
    }
    let text = match arguments.format {
        TableArgument::Json => as_json(arguments, &stages),
        TableArgument::Csv => as_csv(&stages)?,
        TableArgument::Latex => as_latex(&stages),
    };
    arguments.output.write_text(&text)?;
    if let Some(path) = &arguments.figure {
        let (stage, channels) = &stages[0];
        let options = YieldsOptions { stage: *stage, log_y: arguments.log_y };
        let channels: Vec<drawn::ChannelYields> = channels.iter().map(picture).collect();
        let figure = match &channels[..] {
            [one] => drawn::channel(one, &options),
            several => drawn::channels(several, &options),
        };
        figure.write_file(path)?;
    }
    Ok(Outcome::Complete)
}

fn picture(channel: &ChannelYields) -> drawn::ChannelYields {
    let sample = |(name, yields): &(String, Yields)| drawn::SampleYields {
        name: name.clone(),
        events: yields.events.clone(),
    };
    drawn::ChannelYields {
        name: channel.name.clone(),
        x_label: String::new(),
        edges: None,
        samples: channel.samples.iter().map(sample).collect(),
        uncertainties: channel.sum.uncertainties.clone(),
        data: channel.data.clone(),
    }
}

fn numbers(yields: &Yields) -> Value {
    json!({
        "events": yields.events,
        "uncertainties": yields.uncertainties,
        "total": yields.total,
        "total_uncertainty": yields.total_uncertainty,
    })
}

fn as_json(arguments: &Arguments, stages: &[Stage]) -> String {
    let mut out = json!({ "data": arguments.data.name() });
    for (stage, channels) in stages {
        let entry = |channel: &ChannelYields| {
            let samples = channel.samples.iter();
            let samples: serde_json::Map<String, Value> =
                samples.map(|(name, yields)| (name.clone(), numbers(yields))).collect();
            json!({
                "name": channel.name,
                "data": channel.data,
                "samples": samples,
                "sum": numbers(&channel.sum),
            })
        };
        out[key(*stage)] = channels.iter().map(entry).collect();
    }
    format!("{out:#}\n")
}

/// The text for all bins in place of the number of a bin.
const ALL_BINS: &str = "all";

/// The name of a stage in results.
fn key(stage: FitStage) -> String {
    stage.name().replace('-', "")
}

fn as_csv(stages: &[Stage]) -> Result<String, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |fields: [&str; 7]| {
        writer.write_record(fields).map_err(|error| CliError::WriteStandardOutput(error.into()))
    };
    write(["stage", "channel", "kind", "sample", "bin", "events", "uncertainty"])?;
    for (stage, channels) in stages {
        for channel in channels {
            let stage = key(*stage);
            let mut line =
                |(kind, sample): (&str, &str), bin: &str, events: f64, uncertainty: Option<f64>| {
                    let uncertainty = uncertainty.map_or_else(String::new, |u| u.to_string());
                    let events = events.to_string();
                    write([&stage, &channel.name, kind, sample, bin, &events, &uncertainty])
                };
            let samples =
                channel.samples.iter().map(|(name, yields)| (("sample", &**name), yields));
            for (name, yields) in samples.chain([(("sum", ""), &channel.sum)]) {
                for (bin, (events, u)) in
                    yields.events.iter().zip(&yields.uncertainties).enumerate()
                {
                    line(name, &bin.to_string(), *events, Some(*u))?;
                }
                line(name, ALL_BINS, yields.total, Some(yields.total_uncertainty))?;
            }
            for (bin, count) in channel.data.iter().enumerate() {
                line(("data", ""), &bin.to_string(), *count, None)?;
            }
            line(("data", ""), ALL_BINS, channel.data.iter().sum(), None)?;
        }
    }
    let bytes =
        writer.into_inner().map_err(|error| CliError::WriteStandardOutput(error.into_error()))?;
    Ok(String::from_utf8(bytes).expect("fields of text"))
}

/// Escapes the characters that LaTeX treats as commands.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        match character {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// Events with their uncertainty, both rounded to the uncertainty's two leading digits.
fn rounded(events: f64, uncertainty: f64) -> String {
    let digits = if uncertainty > 0.0 { 1 - uncertainty.log10().floor() as i32 } else { 2 };
    let digits = digits.clamp(0, 12) as usize;
    format!("${events:.digits$} \\pm {uncertainty:.digits$}$")
}

fn as_latex(stages: &[Stage]) -> String {
    let mut out = String::new();
    for (stage, channels) in stages {
        out += &format!(
            "% {}\n\\begin{{tabular}}{{l{}}}\n\\hline\n",
            stage.name(),
            "r".repeat(channels.len())
        );
        let mut line = |name: &str, cell: &dyn Fn(&ChannelYields) -> String| {
            let cells: Vec<String> = channels.iter().map(cell).collect();
            out += &format!("{name} & {} \\\\\n", cells.join(" & "));
        };
        line("", &|channel| escaped(&channel.name));
        let mut names: Vec<&str> = Vec::new();
        for name in channels.iter().flat_map(|channel| channel.samples.iter().map(|(name, _)| name))
        {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        for name in names {
            line(&escaped(name), &|channel| {
                let found = channel.samples.iter().find(|(sample, _)| sample == name);
                found
                    .map_or_else(|| "--".to_owned(), |(_, y)| rounded(y.total, y.total_uncertainty))
            });
        }
        line("Total", &|channel| rounded(channel.sum.total, channel.sum.total_uncertainty));
        line("Data", &|channel| format!("{}", channel.data.iter().sum::<f64>()));
        out += "\\hline\n\\end{tabular}\n";
    }
    out
}
