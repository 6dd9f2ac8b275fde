namespace BlobCaptioner.Web.Api;

/// <summary>A profile in a list.</summary>
public sealed record ProfileItem
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>True for those that need no file.</summary>
    public required bool IsBuiltIn { get; init; }

    /// <summary>What it is for.</summary>
    public string Comment { get; init; } = "";

    /// <summary>Its fields.</summary>
    public IReadOnlyList<FieldView> Fields { get; init; } = [];

    /// <summary>Its languages.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Most image tokens of a picture.</summary>
    public int ImageTokenBudget { get; init; }

    /// <summary>What is wrong with its file; null where it is sound.</summary>
    public string? Problem { get; init; }
}
