//! Names of the members of closed families, such as objectives.

/// An unknown name of a member of a family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {family} '{found}'; choose one of {known}")]
pub struct UnknownName {
    /// The family, as in "objective".
    pub family: &'static str,
    /// The unknown name.
    pub found: String,
    /// The known names, separated by commas.
    pub known: String,
}

/// The member with a given name in a family's table.
pub fn find<T: Copy>(
    family: &'static str,
    table: &[(&'static str, T)],
    name: &str,
) -> Result<T, UnknownName> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, member)| *member).ok_or_else(|| UnknownName {
        family,
        found: name.to_owned(),
        known: table.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", "),
    })
}

/// The name of a member of a family's table.
pub fn name_of<T: PartialEq>(table: &[(&'static str, T)], member: &T) -> &'static str {
    let entry = table.iter().find(|(_, known)| known == member);
    entry.expect("every member stands in its family's table").0
}

/// Implements `name`, `Display` and `FromStr` for a closed family with a `TABLE` of names.
#[macro_export]
macro_rules! named {
    ($member:ty, $family:literal) => {
        impl $member {
            /// The name in settings and results.
            pub fn name(self) -> &'static str {
                $crate::name_of(&Self::TABLE, &self)
            }
        }

        impl std::fmt::Display for $member {
            fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl std::str::FromStr for $member {
            type Err = $crate::UnknownName;
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                $crate::find($family, &Self::TABLE, name)
            }
        }
    };
}
