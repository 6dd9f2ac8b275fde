namespace BlobCaptioner.Web.Api;

/// <summary>A profile in a list.</summary>
public sealed record ProfileItem
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>True if it is built in, false if it is a file in the container.</summary>
    public required bool IsBuiltIn { get; init; }

    /// <summary>Its purpose.</summary>
    public string Comment { get; init; } = "";

    /// <summary>Its fields.</summary>
    public IReadOnlyList<FieldView> Fields { get; init; } = [];

    /// <summary>Its languages.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Most image tokens of a picture.</summary>
    public int ImageTokenBudget { get; init; }

    /// <summary>The problems of its file; null if it is valid.</summary>
    public string? Problem { get; init; }
}

/// <summary>A profile's text.</summary>
/// <param name="Json">The profile file's JSON.</param>
public sealed record ProfileText(string Json);

/// <summary>The result of checking a profile.</summary>
/// <param name="IsSound">True if it is valid.</param>
/// <param name="Problems">All problems, with path and allowed values.</param>
/// <param name="Prompt">The prompt; null if it is not valid.</param>
/// <param name="MaxCharacters">Most characters of the copy in one language; null if it is not valid.</param>
public sealed record ProfileReport(bool IsSound, IReadOnlyList<string> Problems, string? Prompt = null, int? MaxCharacters = null);
