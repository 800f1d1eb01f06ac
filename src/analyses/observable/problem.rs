//! A training problem: events, model, network and options, checked together.

use rand_distr::{Distribution, Normal};

use super::cross_entropy::cross_entropy;
use super::error::ObservableError;
use super::events::{Division, EpochOrder, EventRows, Events, Purpose, generator};
use super::histograms::Binning;
use super::loss::LossTerm;
use super::options::ObservableOptions;
use super::statistics::Statistics;
use super::template::ObservableModel;
use crate::histfactory::{Workspace, WorkspaceModel};
use crate::kernels::activation::Activation;
use crate::kernels::boundaries::{ordered_boundaries, ordered_boundaries_vjp, unordered};
use crate::kernels::network::{Network, NetworkTrace};
use crate::kernels::selection::Yield;

/// Maximum number of parameters of a network.
const MOST_PARAMETERS: usize = 100_000_000;

/// A checked problem, with its events split by a seed.
#[derive(Clone, Debug)]
pub struct ObservableProblem<'a> {
    pub(super) model: ObservableModel<'a>,
    pub(super) columns: Vec<String>,
    pub(super) options: ObservableOptions,
    pub(super) network: Network,
    pub(super) events: Events<'a>,
    pub(super) held_out: EventRows,
    pub(super) seed: u64,
    statistics: Statistics,
}

/// Scratch of a training step; [`ObservableProblem::scratch`] makes it.
#[derive(Clone, Debug)]
pub struct StepScratch {
    trace: NetworkTrace,
    workspace: Workspace,
    /// The order of events in the last step's epoch, computed once per epoch.
    order: Option<EpochOrder>,
}

/// A batch's loss and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct StepGradient {
    /// The loss.
    pub loss: f64,
    /// With respect to each parameter: the network's, then those of the inner edges if they are
    /// trained.
    pub parameters: Vec<f64>,
    /// With respect to each edge, including the outer ones, whether or not edges are trained.
    pub edges: Vec<f64>,
    /// With respect to the number in the bandwidth, which is not trained.
    pub bandwidth: f64,
}

/// Histograms and metrics of held-out events.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedObservable {
    /// Hard histogram of each source, one entry per bin.
    pub histograms: Vec<Vec<Yield>>,
    /// The loss, then every term, on hard histograms; NaN for those without a value.
    pub metrics: Vec<f64>,
    /// Edges of the histograms.
    pub edges: Vec<f64>,
}

impl<'a> ObservableProblem<'a> {
    /// Splits events by a seed, which also determines a network's initial weights.
    ///
    /// # Arguments
    /// `columns` are the inputs of the network.
    ///
    /// # Errors
    /// [`ObservableError`] if a column is missing, a setting is out of range, or a sample has too
    /// few events for the batches.
    pub fn new(
        model: ObservableModel<'a>,
        columns: &[String],
        options: ObservableOptions,
        seed: u64,
    ) -> Result<Self, ObservableError> {
        options.check()?;
        if columns.is_empty() {
            let words = "there are no input columns; name at least one";
            return Err(ObservableError::Columns(words.to_owned()));
        }
        if let Some(i) = (1..columns.len()).find(|i| columns[..*i].contains(&columns[*i])) {
            let words = format!("the column '{}' is named twice; name it once", columns[i]);
            return Err(ObservableError::Columns(words));
        }
        model.check_bins(options.bins())?;
        let (held_out, batch_size) = (options.held_out, options.batch_size);
        let division = Division { held_out, batch_size, standardise: options.standardise, seed };
        let events = Events::new(&model, columns, division)?;
        let held_out = events.held_out()?;
        let network = Network::new(columns.len(), options.hidden.clone(), options.activation);
        check_size(&network)?;
        let parameters = model.workspace.model()?.n_parameters();
        let filled =
            model.sources.iter().map(|source| model.workspace.channel_of(source.slot).to_owned());
        let statistics = Statistics::new(seed, parameters, filled.collect());
        let columns = columns.to_vec();
        Ok(Self { model, columns, options, network, events, held_out, seed, statistics })
    }

    /// The options.
    pub fn options(&self) -> &ObservableOptions {
        &self.options
    }

    /// The network's shape.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Names of the inputs.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The model that histograms populate.
    pub fn model(&self) -> &ObservableModel<'a> {
        &self.model
    }

    /// The input columns of the held-out events, unscaled: for each source, in the order of
    /// [`ObservableModel::source_names`], one list per column. The seed determines the order of
    /// events.
    pub fn held_out_columns(&self) -> Vec<Vec<Vec<f64>>> {
        self.events.held_out_columns()
    }

    /// Number of batches per epoch.
    pub fn batches(&self) -> usize {
        self.events.batches
    }

    /// Number of parameters: the network's, plus one per inner edge if the edges are trained.
    pub fn n_parameters(&self) -> usize {
        let edges = if self.options.train_edges { self.options.bins() - 1 } else { 0 };
        self.network.n_parameters() + edges
    }

    /// The starting point of a training: weights drawn from N(0, 2 / inputs) for ReLU (He) and from
    /// N(0, 2 / (inputs + units)) for other activations and for the output (Glorot), biases 0,
    /// edges as given.
    ///
    /// # Source
    /// K. He et al., arXiv:1502.01852; X. Glorot, Y. Bengio, AISTATS 2010.
    pub fn start(&self) -> Vec<f64> {
        let mut rng = generator(self.seed, Purpose::Weights, 0);
        let mut parameters = vec![0.0; self.network.n_parameters()];
        let layers = self.network.layers();
        for (l, layer) in layers.iter().enumerate() {
            let is_relu = self.network.activation() == Activation::Relu && l + 1 < layers.len();
            let units = if is_relu { 0 } else { layer.units };
            let variance = 2.0 / (layer.inputs + units) as f64;
            let normal = Normal::new(0.0, variance.sqrt()).expect("a width above 0");
            let weights = &mut parameters[layer.weights.clone()];
            weights.iter_mut().for_each(|weight| *weight = normal.sample(&mut rng));
        }
        if self.options.train_edges {
            let edges = &self.options.edges;
            parameters.extend(unordered(&edges[1..edges.len() - 1], self.range()));
        }
        parameters
    }

    /// The outer edges.
    fn range(&self) -> (f64, f64) {
        let edges = &self.options.edges;
        (edges[0], edges[edges.len() - 1])
    }

    /// The edges encoded in the parameters if edges are trained, else those of the options.
    pub fn edges(&self, parameters: &[f64]) -> Vec<f64> {
        let mut edges = self.options.edges.clone();
        if self.options.train_edges {
            let inner = edges.len() - 1;
            let unordered = &parameters[self.network.n_parameters()..];
            ordered_boundaries(unordered, self.range(), &mut edges[1..inner]);
        }
        edges
    }

    /// Scratch space for steps.
    pub fn scratch(&self) -> StepScratch {
        let workspace = self.model.workspace.clone();
        StepScratch { trace: NetworkTrace::default(), workspace, order: None }
    }

    fn binning<'e>(&self, edges: &'e [f64]) -> Binning<'e> {
        let ObservableOptions { bandwidth, overflow, .. } = self.options;
        Binning { edges, bandwidth, overflow }
    }

    /// The loss of a batch and its derivatives with respect to parameters, edges and bandwidth.
    ///
    /// # Errors
    /// [`ObservableError`] if the network is dead, its scores are not finite, or the loss has no
    /// value.
    pub fn step(
        &self,
        (epoch, batch): (usize, usize),
        parameters: &[f64],
        scratch: &mut StepScratch,
    ) -> Result<StepGradient, ObservableError> {
        let rows = self.rows((epoch, batch), scratch)?;
        self.gradient(&rows, parameters, scratch)
    }

    fn rows(
        &self,
        (epoch, batch): (usize, usize),
        scratch: &mut StepScratch,
    ) -> Result<EventRows, ObservableError> {
        let order = match scratch.order.take() {
            Some(order) if order.epoch == epoch => order,
            _ => self.events.order(epoch),
        };
        let rows = self.events.batch(&order, batch);
        scratch.order = Some(order);
        rows
    }

    /// The loss of a batch without derivatives.
    ///
    /// # Errors
    /// As [`ObservableProblem::step`], except that a loss without a value is NaN.
    pub fn loss(
        &self,
        batch: (usize, usize),
        parameters: &[f64],
        scratch: &mut StepScratch,
    ) -> Result<f64, ObservableError> {
        let rows = self.rows(batch, scratch)?;
        let weights = &parameters[..self.network.n_parameters()];
        let mut logits = vec![0.0; rows.weights.len()];
        self.network.logits_alone(weights, &rows.inputs, &mut logits);
        let mut scores = vec![0.0; logits.len()];
        Activation::Sigmoid.apply(&logits, &mut scores);
        check_scores(&logits, &scores)?;
        let terms = self.options.loss.terms();
        let (of_scores, of_bins): (Vec<_>, Vec<_>) =
            terms.iter().partition(|(_, term)| term.is_cross_entropy());
        let mut loss = 0.0;
        if !of_bins.is_empty() {
            let edges = self.edges(parameters);
            check_edges(&edges)?;
            let histograms = self.binning(&edges).soft(&rows, &scores);
            self.model.fill(&mut scratch.workspace, &histograms, &self.options)?;
            let (weights, terms): (Vec<f64>, Vec<LossTerm>) = of_bins.into_iter().unzip();
            let values = self.statistics.values(&scratch.workspace, &terms);
            loss += weights.iter().zip(values).map(|(weight, value)| weight * value).sum::<f64>();
        }
        let sources = &self.model.sources;
        let entropy = |(weight, term): (f64, LossTerm)| {
            weight * cross_entropy(sources, &rows, term, &logits, None)
        };
        Ok(loss + of_scores.into_iter().map(entropy).sum::<f64>())
    }

    fn gradient(
        &self,
        rows: &EventRows,
        parameters: &[f64],
        scratch: &mut StepScratch,
    ) -> Result<StepGradient, ObservableError> {
        let of_network = self.network.n_parameters();
        let (weights, of_edges) = parameters.split_at(of_network);
        let mut logits = vec![0.0; rows.weights.len()];
        self.network.logits(weights, &rows.inputs, &mut logits, &mut scratch.trace);
        let mut scores = vec![0.0; logits.len()];
        Activation::Sigmoid.apply(&logits, &mut scores);
        check_scores(&logits, &scores)?;
        let mut found = StepGradient {
            loss: 0.0,
            parameters: vec![0.0; parameters.len()],
            edges: vec![0.0; self.options.edges.len()],
            bandwidth: 0.0,
        };
        let terms = self.options.loss.terms();
        let (of_scores, of_bins): (Vec<_>, Vec<_>) =
            terms.iter().partition(|(_, term)| term.is_cross_entropy());
        let mut by_logits = vec![0.0; logits.len()];
        if !of_bins.is_empty() {
            let edges = self.edges(parameters);
            check_edges(&edges)?;
            let binning = self.binning(&edges);
            let histograms = binning.soft(rows, &scores);
            self.model.fill(&mut scratch.workspace, &histograms, &self.options)?;
            let (sum, gradient) = self.statistics.sum(&scratch.workspace, &of_bins)?;
            let slopes = binning.soft_vjp(rows, &scores, &self.model.seeds(&gradient));
            found.loss += sum;
            by_logits.copy_from_slice(&slopes.scores);
            Activation::Sigmoid.apply_vjp(&logits, &mut by_logits);
            (found.edges, found.bandwidth) = (slopes.edges, slopes.bandwidth);
            if self.options.train_edges {
                let inner = &found.edges[1..edges.len() - 1];
                let by_edges = &mut found.parameters[of_network..];
                ordered_boundaries_vjp(of_edges, self.range(), inner, by_edges);
            }
        }
        for (weight, term) in of_scores {
            let by_logits = Some((weight, by_logits.as_mut_slice()));
            let sources = &self.model.sources;
            found.loss += weight * cross_entropy(sources, rows, term, &logits, by_logits);
        }
        let is_flat = |slopes: &[f64]| slopes.iter().all(|slope| *slope == 0.0);
        if is_flat(&by_logits) && is_flat(&found.parameters) {
            return Err(ObservableError::NothingToLearn);
        }
        let by_weights = &mut found.parameters[..of_network];
        self.network.logits_vjp(weights, &mut scratch.trace, &by_logits, by_weights);
        Ok(found)
    }

    /// Names of the metrics: `loss`, then every term's key.
    pub fn metric_names(&self) -> Vec<String> {
        ["loss".to_owned()].into_iter().chain(LossTerm::all().map(LossTerm::key)).collect()
    }

    /// Evaluates parameters on the held-out events, with hard histograms.
    ///
    /// # Errors
    /// [`ObservableError`] if scores are not finite.
    pub fn judge(&self, parameters: &[f64]) -> Result<JudgedObservable, ObservableError> {
        let rows = &self.held_out;
        let weights = &parameters[..self.network.n_parameters()];
        let mut logits = vec![0.0; rows.weights.len()];
        self.network.logits_alone(weights, &rows.inputs, &mut logits);
        let mut scores = vec![0.0; logits.len()];
        Activation::Sigmoid.apply(&logits, &mut scores);
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(ObservableError::ScoresNotFinite);
        }
        let edges = self.edges(parameters);
        check_edges(&edges)?;
        let histograms = self.binning(&edges).hard(rows, &scores);
        let workspace = self.filled(&histograms);
        let (of_scores, of_bins): (Vec<_>, Vec<_>) =
            LossTerm::all().partition(|term| term.is_cross_entropy());
        let sources = &self.model.sources;
        let entropies =
            of_scores.iter().map(|term| cross_entropy(sources, rows, *term, &logits, None));
        let of_workspace = match &workspace {
            Ok(workspace) => self.statistics.values(workspace, &of_bins),
            Err(_) => vec![f64::NAN; of_bins.len()],
        };
        let values = of_bins.iter().copied().zip(of_workspace);
        let values: Vec<(LossTerm, f64)> =
            values.chain(of_scores.iter().copied().zip(entropies)).collect();
        let value = |term: LossTerm| {
            let found = values.iter().find(|(known, _)| *known == term);
            found.expect("every term has a value").1
        };
        let loss = self.options.loss.value(value);
        let metrics = [loss].into_iter().chain(LossTerm::all().map(value)).collect();
        Ok(JudgedObservable { histograms, metrics, edges })
    }

    /// The workspace of hard histograms; its observations are the expected backgrounds.
    ///
    /// # Errors
    /// [`ObservableError`] if no model can be built from the yields, or a background is negative.
    pub fn filled(&self, histograms: &[Vec<Yield>]) -> Result<Workspace, ObservableError> {
        let mut workspace = self.model.workspace.clone();
        let sums = |bins: &Vec<Yield>| bins.iter().map(|bin| bin.sum).collect::<Vec<f64>>();
        let histograms: Vec<Vec<f64>> = histograms.iter().map(sums).collect();
        self.model.fill(&mut workspace, &histograms, &self.options)?;
        super::template::observe_background(&mut workspace)?;
        Ok(workspace)
    }
}

/// Trained edges ascend by construction, except that rounding can make them equal.
fn check_edges(edges: &[f64]) -> Result<(), ObservableError> {
    let ascends = |pair: &[f64]| pair[0] < pair[1];
    match edges.windows(2).position(|pair| !ascends(pair)) {
        None => Ok(()),
        Some(bin) => Err(ObservableError::EmptyWidth { bin, edge: edges[bin] }),
    }
}

fn check_size(network: &Network) -> Result<(), ObservableError> {
    match network.n_parameters() {
        0..=MOST_PARAMETERS => Ok(()),
        parameters => Err(ObservableError::Setting {
            name: "the network's number of parameters",
            found: parameters.to_string(),
            expected: "100000000 or less: fewer or smaller layers",
        }),
    }
}

fn check_scores(logits: &[f64], scores: &[f64]) -> Result<(), ObservableError> {
    let ends = |ends: (f64, f64), score: &f64| (ends.0.min(*score), ends.1.max(*score));
    if logits.iter().any(|logit| !logit.is_finite()) {
        return Err(ObservableError::ScoresNotFinite);
    }
    let (low, high) = scores.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    // A batch of a single event has only one score, which does not mean that the network is dead.
    if low == high && scores.len() > 1 {
        return Err(ObservableError::DeadNetwork { score: low });
    }
    Ok(())
}
