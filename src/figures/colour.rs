//! Colours that colour-blind readers can tell apart, and the scales of maps.
//!
//! Source: M. Okabe and K. Ito, *Color Universal Design* (2008). The order puts pairs with strong
//! contrast on white paper first; yellow, the faintest, comes last. The scale of maps is *viridis*
//! by N. Smith and S. van der Walt (2015), which they released into the public domain, interpolated
//! linearly between nine points.

/// How a map's values become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Palette {
    /// By [`Colour::scale`].
    Sequential,
    /// By [`Colour::scale`], from its other end.
    Reversed,
    /// By [`Colour::diverging`].
    Diverging,
}

impl Palette {
    /// The colour at a fraction of the scale.
    pub(super) fn at(self, fraction: f64) -> Colour {
        match self {
            Self::Sequential => Colour::scale(fraction),
            Self::Reversed => Colour::scale(1.0 - fraction),
            Self::Diverging => Colour::diverging(fraction),
        }
    }
}

/// A colour: red, green and blue, each from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);
    /// Okabe and Ito's blue.
    pub const BLUE: Self = Self(0, 114, 178);
    /// Okabe and Ito's vermillion.
    pub const VERMILLION: Self = Self(213, 94, 0);
    /// Okabe and Ito's bluish green.
    pub const GREEN: Self = Self(0, 158, 115);
    /// Okabe and Ito's reddish purple.
    pub const PURPLE: Self = Self(204, 121, 167);
    /// Okabe and Ito's orange.
    pub const ORANGE: Self = Self(230, 159, 0);
    /// Okabe and Ito's sky blue.
    pub const SKY: Self = Self(86, 180, 233);
    /// Okabe and Ito's yellow.
    pub const YELLOW: Self = Self(240, 228, 66);
    /// A dark grey for reference lines.
    pub const GREY: Self = Self(64, 64, 64);

    /// The automatic colours, in order.
    pub const CYCLE: [Self; 8] = [
        Self::BLUE,
        Self::VERMILLION,
        Self::GREEN,
        Self::PURPLE,
        Self::ORANGE,
        Self::SKY,
        Self::BLACK,
        Self::YELLOW,
    ];

    /// The colour of a continuous scale at a fraction from 0 (dark violet) to 1 (yellow); the scale
    /// is just as easy to read in grey. Fractions beyond the ends have the colour of the end.
    ///
    /// ```no_run
    /// use diffhep::figures::Colour;
    ///
    /// assert_eq!(Colour::scale(0.0), Colour(68, 1, 84));
    /// assert_eq!(Colour::scale(1.0), Colour(253, 231, 37));
    /// ```
    pub fn scale(fraction: f64) -> Self {
        let steps = SCALE.len() - 1;
        let place = fraction.clamp(0.0, 1.0) * steps as f64;
        let below = (place as usize).min(steps - 1);
        let (from, to, part) = (SCALE[below], SCALE[below + 1], place - below as f64);
        let mix =
            |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
        Self(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
    }

    /// The colour of a diverging scale at a fraction from 0 (blue) through 1/2 (white) to 1
    /// (vermillion); fractions beyond the ends have the colour of the end.
    ///
    /// ```no_run
    /// use diffhep::figures::Colour;
    ///
    /// let ends = [0.0, 0.5, 1.0].map(Colour::diverging);
    /// assert_eq!(ends, [Colour::BLUE, Colour(255, 255, 255), Colour::VERMILLION]);
    /// ```
    pub fn diverging(fraction: f64) -> Self {
        let place = 2.0 * fraction.clamp(0.0, 1.0) - 1.0;
        let end = if place < 0.0 { Self::BLUE } else { Self::VERMILLION };
        end.tint(place.abs())
    }

    /// The colour of a category of a map, counted from 0: the automatic colours, light enough for
    /// lines and points to be visible on them, then stronger and fainter variants.
    pub(super) fn category(at: usize) -> Self {
        let tints = [0.55, 0.85, 0.25];
        Self::CYCLE[at % 8].tint(tints[at / 8 % 3])
    }

    /// This colour laid over white at an opacity between 0 and 1.
    pub(super) fn tint(self, opacity: f64) -> Self {
        let mix = |channel: u8| (255.0 - opacity * (255.0 - f64::from(channel))).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}

/// The colours of the continuous scale at equal distances.
const SCALE: [Colour; 9] = [
    Colour(68, 1, 84),
    Colour(71, 45, 123),
    Colour(59, 82, 139),
    Colour(44, 114, 142),
    Colour(33, 145, 140),
    Colour(40, 174, 128),
    Colour(94, 201, 98),
    Colour(173, 220, 48),
    Colour(253, 231, 37),
];
