namespace BlobCaptioner.Captioning;

/// <summary>The profiles that need no file.</summary>
public static class BuiltInProfiles
{
    /// <summary>
    /// Category, colour, pattern and a title. The instruction is one that the bundled sample model was trained on,
    /// and the categories and colours are those it knows; <c>other</c> is there for larger models.
    /// </summary>
    public static Profile Sample { get; } = new()
    {
        Name = "sample",
        Instruction = "Write a JSON caption with category, color, pattern and title.",
        Fields =
        [
            new() { Name = "category", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["mug", "shirt", "bottle", "chair", "lamp", "bag", "other"] },
            new() { Name = "color", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["red", "blue", "green", "yellow", "orange", "purple", "other"] },
            new() { Name = "pattern", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["plain", "striped", "dotted", "other"] },
            new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = 150 },
        ],
        Sampling = new() { Temperature = 0 },
        ConfidenceThreshold = 0,
    };

    /// <summary>A full listing.</summary>
    public static Profile Default { get; } = Sample with
    {
        Name = "default",
        Instruction = "",
        Sampling = new() { PresencePenalty = 0.5f },
        ConfidenceThreshold = 0.5,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Profile> All { get; } = [Default, Sample];

    /// <summary>The profile of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those there are.</exception>
    public static Profile Get(string name) =>
        All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"There is no profile '{name}'. Built in: {string.Join(", ", All.Select(p => p.Name))}.", nameof(name));
}
