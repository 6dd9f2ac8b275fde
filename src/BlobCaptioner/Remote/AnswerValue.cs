using BlobCaptioner.Profiles;

namespace BlobCaptioner.Remote;

/// <summary>The value that an answer gives to one field, checked and inside its limits.</summary>
internal sealed record AnswerValue
{
    /// <summary>Where it stands.</summary>
    public required AnswerSection Section { get; init; }

    /// <summary>The field.</summary>
    public required AskedField Field { get; init; }

    /// <summary>The value, or the items of a list; empty for an attribute that the model can't tell.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    /// <summary>Where the model has it from; <see cref="Evidence.Unknown"/> where it can't tell.</summary>
    public required Evidence Evidence { get; init; }
}
