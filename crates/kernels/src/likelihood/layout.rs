//! Which parameters change which rates: the pattern of the rates' derivatives.
//!
//! A *bin-wise* parameter changes a few rates, by `gamma` factors alone; every other parameter is
//! *shared*. Bin-wise parameters that meet in a bin, directly or through others, form a component.
//! So a matrix of second derivatives is dense among the shared parameters, block-diagonal among the
//! bin-wise ones, and each bin-wise row has the columns of the channels that its component touches.

use std::ops::Range;

use super::structure::Structure;

/// A `gamma` parameter with more bins than this is shared.
const MOST_BINS: usize = 8;
/// Parameters of larger components are shared.
const MOST_PARAMETERS: usize = 32;

/// Where a parameter's derivatives are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An index in [`Layout::shared`].
    Shared(usize),
    /// An index in [`Layout::local`].
    Local(usize),
}

/// A channel: its rates depend on the same shared parameters.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its bins.
    pub bins: Range<usize>,
    /// Its groups.
    pub groups: Range<usize>,
    /// Shared parameters that change its yields or common factors, as indices in
    /// [`Layout::shared`], ascending.
    pub columns: Vec<usize>,
    /// Where its rows begin in an array of all blocks' rows, each as long as `columns`.
    pub(super) rows: usize,
    /// Where the rows of its entries begin in an array of all blocks'.
    entry_rows: usize,
}

/// Bin-wise parameters that are coupled with each other but with no other bin-wise ones.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its parameters, as indices in [`Layout::local`].
    pub local: Range<usize>,
    /// The index in [`Layout::lists`] of the columns of its rows.
    pub list: usize,
    /// Where its rows begin in an array of all components' rows, one row per parameter.
    pub rows: usize,
    /// Where its square begins in an array of all components' squares.
    pub square: usize,
}

/// The pattern of a model's derivatives.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Each parameter's place.
    pub places: Vec<Place>,
    /// Shared parameters, ascending.
    pub shared: Vec<usize>,
    /// Bin-wise parameters, in the order of their components.
    pub local: Vec<usize>,
    /// Components, in the order of their first bins.
    pub components: Vec<Component>,
    /// The component of each bin-wise parameter.
    pub component_of: Vec<usize>,
    /// Channels, in the order of their bins.
    pub blocks: Vec<Block>,
    /// Lists of columns, ascending: one per block, an empty one, and the unions of several.
    pub lists: Vec<Vec<usize>>,
    /// The parameter of each entry. An entry is a bin together with a parameter that is a `gamma`
    /// factor in it.
    pub entry_parameter: Vec<usize>,
    /// Start of each bin's entries, and their number at the end.
    entry_start: Vec<usize>,
    /// Start of each bin's pairs of entries, and their number at the end.
    pair_start: Vec<usize>,
    /// The entry of each `gamma` factor, in the order of the structure.
    pub(super) gamma_entry: Vec<u32>,
    /// The column of each slot of each group, in the order of [`Structure::group_slot`].
    pub(super) slot_column: Vec<u32>,
    /// The column of each factor of a group, in the order of [`Group::factors`].
    ///
    /// [`Group::factors`]: super::Group::factors
    pub(super) factor_column: Vec<u32>,
}

/// The index of a pair in a lower triangle stored row by row.
fn pair(i: usize, j: usize) -> usize {
    let (row, column) = (i.max(j), i.min(j));
    row * (row + 1) / 2 + column
}

impl Layout {
    /// The pattern of a model.
    pub fn new(s: &Structure) -> Self {
        let mut layout = Self { blocks: blocks(s), ..Self::default() };
        layout.add_entries(s);
        let components = layout.find_components(s);
        layout.place(s, &components);
        layout.add_columns(s);
        layout.add_lists(components);
        layout
    }

    /// A bin's entries.
    #[inline(always)]
    pub fn entries(&self, bin: usize) -> Range<usize> {
        self.entry_start[bin]..self.entry_start[bin + 1]
    }

    /// The entries of some bins.
    pub(super) fn entries_of(&self, bins: Range<usize>) -> Range<usize> {
        self.entry_start[bins.start]..self.entry_start[bins.end]
    }

    /// The pairs of some bins.
    pub(super) fn pairs_of(&self, bins: Range<usize>) -> Range<usize> {
        self.pair_start[bins.start]..self.pair_start[bins.end]
    }

    /// The place of a pair of entries of one bin in an array of all pairs.
    #[inline(always)]
    pub(super) fn pair(&self, bin: usize, one: usize, other: usize) -> usize {
        let first = self.entry_start[bin];
        self.pair_start[bin] + pair(one - first, other - first)
    }

    /// The place of an entry's row in an array of all entries' rows.
    #[inline(always)]
    pub fn entry_row(&self, block: &Block, entry: usize) -> Range<usize> {
        let n = block.columns.len();
        let start = block.entry_rows + (entry - self.entry_start[block.bins.start]) * n;
        start..start + n
    }

    /// The place of a bin's row in an array of all blocks' rows.
    #[inline(always)]
    pub fn row(&self, block: &Block, bin: usize) -> Range<usize> {
        let n = block.columns.len();
        let start = block.rows + (bin - block.bins.start) * n;
        start..start + n
    }

    /// The place of all of a block's rows in an array of all blocks' rows.
    pub fn rows(&self, block: &Block) -> Range<usize> {
        block.rows..block.rows + block.bins.len() * block.columns.len()
    }

    /// Lengths of an array of all components' rows, and of one of all their squares.
    pub fn component_lengths(&self) -> (usize, usize) {
        self.components.last().map_or((0, 0), |last| {
            let n = last.local.len();
            (last.rows + n * self.lists[last.list].len(), last.square + n * n)
        })
    }

    pub(super) fn n_rows(&self) -> usize {
        self.blocks.last().map_or(0, |block| self.rows(block).end)
    }

    pub(super) fn n_entry_rows(&self) -> usize {
        self.blocks.last().map_or(0, |last| {
            let entries = self.entry_parameter.len() - self.entry_start[last.bins.start];
            last.entry_rows + entries * last.columns.len()
        })
    }

    pub(super) fn n_pairs(&self) -> usize {
        self.pair_start.last().copied().unwrap_or(0)
    }

    fn add_entries(&mut self, s: &Structure) {
        let mut of_bin: Vec<Vec<usize>> = vec![Vec::new(); s.n_bins];
        for (cell, &bin) in s.cell_bin.iter().enumerate() {
            let list = &mut of_bin[bin as usize];
            for &p in s.gammas(cell) {
                if !list.contains(&(p as usize)) {
                    list.push(p as usize);
                }
            }
        }
        (self.entry_start, self.pair_start) = (vec![0], vec![0]);
        for list in &of_bin {
            self.entry_parameter.extend(list);
            self.entry_start.push(self.entry_parameter.len());
            let pairs = list.len() * (list.len() + 1) / 2;
            self.pair_start.push(self.pair_start.last().expect("it begins with 0") + pairs);
        }
        for (cell, &bin) in s.cell_bin.iter().enumerate() {
            let entries = self.entries(bin as usize);
            let parameters = &self.entry_parameter[entries.clone()];
            let entry = |p: &u32| parameters.iter().position(|known| *known == *p as usize);
            let found = s.gammas(cell).iter().map(|p| entry(p).expect("it was added above"));
            self.gamma_entry.extend(found.map(|i| (entries.start + i) as u32));
        }
    }

    /// The components, each with its bins.
    fn find_components(&self, s: &Structure) -> Vec<Found> {
        let mut bins: Vec<Vec<usize>> = vec![Vec::new(); s.n_parameters];
        for bin in 0..s.n_bins {
            self.entry_parameter[self.entries(bin)].iter().for_each(|&p| bins[p].push(bin));
        }
        let mut is_free: Vec<bool> = bins.iter().map(|bins| bins.len() <= MOST_BINS).collect();
        let others = [&s.slot_parameter, &s.norm_parameter, &s.scale_parameter];
        others.into_iter().flatten().for_each(|&p| is_free[p as usize] = false);
        let mut components = Vec::new();
        for p in 0..s.n_parameters {
            if !std::mem::take(&mut is_free[p]) {
                continue;
            }
            let (mut found, mut next) = (Found { members: vec![p], bins: Vec::new() }, 0);
            while next < found.members.len() {
                for &bin in &bins[found.members[next]] {
                    let met = self.entry_parameter[self.entries(bin)].iter();
                    found.members.extend(met.filter(|q| std::mem::take(&mut is_free[**q])));
                    found.bins.push(bin);
                }
                next += 1;
            }
            found.members.sort_unstable();
            found.bins.sort_unstable();
            found.bins.dedup();
            if found.members.len() <= MOST_PARAMETERS {
                components.push(found);
            }
        }
        components.sort_by_key(|found| (found.bins.is_empty(), found.bins.first().copied()));
        components
    }

    fn place(&mut self, s: &Structure, components: &[Found]) {
        self.local = components.iter().flat_map(|found| &found.members).copied().collect();
        let mut local = vec![None; s.n_parameters];
        self.local.iter().enumerate().for_each(|(i, &p)| local[p] = Some(i));
        self.shared = (0..s.n_parameters).filter(|&p| local[p].is_none()).collect();
        self.places = local.into_iter().map(|i| Place::Local(i.unwrap_or(0))).collect();
        for (column, &p) in self.shared.iter().enumerate() {
            self.places[p] = Place::Shared(column);
        }
    }

    fn column(&self, p: u32) -> usize {
        match self.places[p as usize] {
            Place::Shared(column) => column,
            Place::Local(_) => unreachable!("a parameter of a yield or a factor is shared"),
        }
    }

    fn add_columns(&mut self, s: &Structure) {
        let (mut rows, mut entry_rows) = (0, 0);
        let mut blocks = std::mem::take(&mut self.blocks);
        let mut factor_column = vec![0; s.norm_parameter.len() + s.scale_parameter.len()];
        let mut slot_column = vec![0; s.group_slot.len()];
        let factors = |group: &super::Group| {
            let norms = &s.norm_parameter[group.norms.clone()];
            norms.iter().chain(&s.scale_parameter[group.scales.clone()]).copied()
        };
        let slots = |group: &super::Group| {
            let slots = &s.group_slot[group.slots.clone()];
            slots.iter().map(|&slot| s.slot_parameter[slot as usize])
        };
        for block in &mut blocks {
            let groups = &s.groups[block.groups.clone()];
            let parameters = groups.iter().flat_map(|group| slots(group).chain(factors(group)));
            let mut columns: Vec<usize> = parameters.map(|p| self.column(p)).collect();
            columns.sort_unstable();
            columns.dedup();
            let find = |p: u32| {
                columns.binary_search(&self.column(p)).expect("it was collected above") as u32
            };
            for group in groups {
                let places = factor_column[group.factors()].iter_mut();
                places.zip(factors(group)).for_each(|(place, p)| *place = find(p));
                let places = slot_column[group.slots.clone()].iter_mut();
                places.zip(slots(group)).for_each(|(place, p)| *place = find(p));
            }
            (block.rows, block.entry_rows) = (rows, entry_rows);
            rows += block.bins.len() * columns.len();
            let entries = self.entry_start[block.bins.end] - self.entry_start[block.bins.start];
            entry_rows += entries * columns.len();
            block.columns = columns;
        }
        (self.blocks, self.factor_column) = (blocks, factor_column);
        self.slot_column = slot_column;
    }

    fn add_lists(&mut self, components: Vec<Found>) {
        self.lists = self.blocks.iter().map(|block| block.columns.clone()).collect();
        let empty = self.lists.len();
        self.lists.push(Vec::new());
        let (mut start, mut rows, mut square) = (0, 0, 0);
        for Found { members, bins } in components {
            let block = |bin: &usize| self.blocks.partition_point(|b| b.bins.end <= *bin);
            let mut blocks: Vec<usize> = bins.iter().map(block).collect();
            blocks.dedup();
            let met = bins.iter().flat_map(|&bin| &self.entry_parameter[self.entries(bin)]);
            let wide = met.filter_map(|&p| match self.places[p] {
                Place::Shared(column) => Some(column),
                Place::Local(_) => None,
            });
            let mut columns: Vec<usize> = wide.collect();
            let list = match blocks[..] {
                [] => empty,
                [only] if columns.is_empty() => only,
                _ => {
                    columns.extend(blocks.iter().flat_map(|&b| &self.blocks[b].columns));
                    columns.sort_unstable();
                    columns.dedup();
                    self.list(columns)
                }
            };
            let (local, n) = (start..start + members.len(), members.len());
            self.component_of.extend(std::iter::repeat_n(self.components.len(), n));
            self.components.push(Component { local, list, rows, square });
            (start, rows, square) = (start + n, rows + n * self.lists[list].len(), square + n * n);
        }
    }

    /// The index of a list of columns, which is added if it is new.
    fn list(&mut self, columns: Vec<usize>) -> usize {
        if let Some(known) = self.lists.iter().position(|list| *list == columns) {
            return known;
        }
        self.lists.push(columns);
        self.lists.len() - 1
    }
}

/// A component and its bins, both ascending.
struct Found {
    members: Vec<usize>,
    bins: Vec<usize>,
}

/// The channels: groups with the same bins.
fn blocks(s: &Structure) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (g, group) in s.groups.iter().enumerate() {
        let first = s.cell_bin.get(group.cells.start).map_or(s.n_bins, |&bin| bin as usize);
        let bins = first..first + group.cells.len();
        match blocks.last_mut() {
            Some(last) if last.bins == bins => last.groups.end = g + 1,
            _ => blocks.push(Block {
                bins,
                groups: g..g + 1,
                columns: Vec::new(),
                rows: 0,
                entry_rows: 0,
            }),
        }
    }
    blocks
}
