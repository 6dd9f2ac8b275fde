using System.Text.Json.Nodes;
using BlobCaptioner.Records;

namespace BlobCaptioner.Web.Reviews;

/// <summary>One value that a person sets.</summary>
/// <param name="Language">BCP 47; null for attributes.</param>
/// <param name="Field">The field.</param>
/// <param name="Value">What stands there from now on; null takes the person's words back, and the model's stand again.</param>
internal sealed record ReviewChange(string? Language, string Field, CopyValue? Value)
{
    /// <summary>Its key in a review's notes: <c>copy/en/title</c>, <c>attributes/color</c>.</summary>
    public string Key => Language is null ? $"attributes/{Field}" : $"copy/{Language}/{Field}";

    /// <summary>Where a key leads to.</summary>
    public static ReviewChange? Of(string key, JsonNode? value) => key.Split('/') switch
    {
        ["copy", var language, var field] => new(language, field, ReviewEditor.Value(value)),
        ["attributes", var field] => new(null, field, ReviewEditor.Value(value)),
        _ => null,
    };
}
