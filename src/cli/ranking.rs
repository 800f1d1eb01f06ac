//! `diffhep ranking`: pulls, constraints and impacts of nuisance parameters.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::figure;
use super::input::{DataArguments, WorkspaceArguments};
use super::output::OutputArguments;
use super::{CliError, Outcome};
use diffhep::figures::ranking as drawn;
use diffhep::inference::{self, HeldFitError, Impact, RankedParameter, RefittedImpacts};

/// Rank the nuisance parameters by their impact on the parameter of interest.
///
/// Prints a list, largest impact first: name, pull (fitted value minus the measured one, in widths
/// of the parameter's own measurement), constraint (its uncertainty in that unit), and the changes
/// of the fitted parameter of interest with the parameter fixed one standard deviation up and down:
/// impact_up and impact_down with the uncertainty after the fit, prefit_up and prefit_down with the
/// one before it. These are linear estimates from the covariance; with --refit it also prints the
/// impacts from refits (refit_up, ...), null where the fit fails.
///
/// The parameter of interest must not be fitted at its bound: see --poi-bounds, or rank Asimov
/// data.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: WorkspaceArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Also fit again with each parameter fixed, in addition to the linear impacts.
    #[arg(long)]
    refit: bool,
    /// Draw pulls and impacts (SVG, PNG or PDF by the file's ending).
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// Number of parameters in the figure.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200), requires = "figure")]
    rows: u16,
}

type Refit = Impact<Result<f64, HeldFitError>>;

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    figure::check(arguments.figure.as_deref())?;
    let loaded = arguments.input.load()?;
    let (model, data) = (&loaded.model, arguments.data.data(&loaded)?);
    let report = inference::fit(&data, model)?;
    let ranking = inference::ranking(model, &data, &report)?;
    for name in &ranking.left_out {
        eprintln!(
            "warning: {name} was fitted at a bound or in a kink, counts as known and is left out"
        );
    }
    let refits = arguments.refit.then(|| ranking.refit(model, &data, &report, &Default::default()));
    let parameters = ranking.parameters.iter().enumerate();
    let entries = parameters.map(|(i, p)| entry(p, refits.as_ref().map(|refits| &refits[i])));
    arguments.output.write(&entries.collect())?;
    if let Some(path) = &arguments.figure {
        let rows = ranking.parameters.iter().enumerate();
        let rows = rows.map(|(i, p)| row(p, refits.as_ref().map(|refits| &refits[i])));
        let rows: Vec<drawn::RankedParameter> = rows.collect();
        drawn::ranking(&rows, model.poi_name(), arguments.rows.into()).write_file(path)?;
    }
    let all = || refits.iter().flatten().flat_map(impacts);
    for error in all().filter_map(|impact| impact.as_ref().err()) {
        eprintln!("warning: {error}");
    }
    Ok(Outcome::complete(all().all(Result::is_ok)))
}

fn impacts(refit: &RefittedImpacts) -> impl Iterator<Item = &Result<f64, HeldFitError>> {
    let pairs = std::iter::once(&refit.post_fit).chain(&refit.pre_fit);
    pairs.flat_map(|impact| [&impact.up, &impact.down])
}

fn entry(ranked: &RankedParameter, refit: Option<&RefittedImpacts>) -> Value {
    let before = ranked.pre_fit.as_ref();
    let mut out = json!({
        "name": ranked.name,
        "pull": ranked.pull,
        "constraint": ranked.constraint,
        "impact_up": ranked.post_fit.up,
        "impact_down": ranked.post_fit.down,
        "prefit_up": before.map(|impact| impact.up),
        "prefit_down": before.map(|impact| impact.down),
        "fitted": ranked.fitted,
        "uncertainty": ranked.sigma,
    });
    if let Some(refit) = refit {
        let value = |side: &Result<f64, HeldFitError>| side.as_ref().ok().copied();
        let sides = |pair: Option<&Refit>| {
            (pair.and_then(|p| value(&p.up)), pair.and_then(|p| value(&p.down)))
        };
        let (after, before) = (sides(Some(&refit.post_fit)), sides(refit.pre_fit.as_ref()));
        (out["refit_up"], out["refit_down"]) = (json!(after.0), json!(after.1));
        (out["prefit_refit_up"], out["prefit_refit_down"]) = (json!(before.0), json!(before.1));
    }
    out
}

/// A row of the figure; it uses refits if there are any, because they include nonlinear effects.
fn row(ranked: &RankedParameter, refit: Option<&RefittedImpacts>) -> drawn::RankedParameter {
    let side = |linear: f64, refit: Option<&Result<f64, HeldFitError>>| match refit {
        None => linear,
        Some(refit) => refit.as_ref().map_or(f64::NAN, |value| *value),
    };
    let (after, before) =
        (refit.map(|r| &r.post_fit), refit.and_then(|refit| refit.pre_fit.as_ref()));
    drawn::RankedParameter {
        name: ranked.name.clone(),
        pull: ranked.pull,
        constraint: ranked.constraint,
        fitted: ranked.fitted,
        impact_up: side(ranked.post_fit.up, after.map(|pair| &pair.up)),
        impact_down: side(ranked.post_fit.down, after.map(|pair| &pair.down)),
        prefit_up: ranked.pre_fit.as_ref().map(|p| side(p.up, before.map(|pair| &pair.up))),
        prefit_down: ranked.pre_fit.as_ref().map(|p| side(p.down, before.map(|pair| &pair.down))),
    }
}
