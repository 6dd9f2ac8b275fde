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
public sealed record ProfileText
{
    /// <summary>The profile file's JSON.</summary>
    public required string Json { get; init; }
}

/// <summary>The result of checking a profile.</summary>
public sealed record ProfileReport
{
    /// <summary>True if it is valid.</summary>
    public required bool IsSound { get; init; }

    /// <summary>All problems, with path and allowed values.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>The prompt; null if it is not valid.</summary>
    public string? Prompt { get; init; }

    /// <summary>Most characters of the copy in one language; null if it is not valid.</summary>
    public int? MaxCharacters { get; init; }
}
