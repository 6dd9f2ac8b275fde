using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline;

/// <summary>
/// What may be spent on a day, UTC; configuration section <c>Budget:PerDay</c>. When a cap is reached, no more pictures are sent until the next day, or until a person
/// resumes. All hosts of a store should have the same caps. Without a cap nothing is counted.
/// </summary>
public sealed record BudgetOptions
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Budget:PerDay";

    /// <summary>Most pictures and products sent to the model.</summary>
    /// <value>1 to 1,000,000,000, default null for no cap.</value>
    [Range(1L, 1_000_000_000L)]
    public long? Pictures { get; init; }

    /// <summary>Most tokens: text and image tokens read, and tokens written.</summary>
    /// <value>1 to 1,000,000,000,000,000, default null for no cap.</value>
    [Range(1L, 1_000_000_000_000_000L)]
    public long? Tokens { get; init; }

    /// <summary>Most money, by the prices and in the currency of the model server's settings. A model without prices costs nothing here.</summary>
    /// <value>0.01 to 1,000,000,000, default null for no cap.</value>
    [Range(0.01, 1_000_000_000)]
    public decimal? Money { get; init; }

    /// <summary>True where there is a cap.</summary>
    internal bool IsSet => Pictures is not null || Tokens is not null || Money is not null;
}

/// <summary>Checks <see cref="BudgetOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class BudgetOptionsValidator : IValidateOptions<BudgetOptions>;
