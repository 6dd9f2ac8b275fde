using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Captioning;

/// <summary>What to write about a picture and how.</summary>
public sealed record Profile
{
    /// <summary>Name, as <c>--profile</c> takes it: lower-case letters, digits and <c>-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>System text; empty for none.</summary>
    public string System { get; init; } = "";

    /// <summary>What the model is asked; it stands before the picture.</summary>
    public required string Instruction { get; init; }

    /// <summary>Language of the text fields, BCP 47.</summary>
    public string Language { get; init; } = "en";

    /// <summary>Fields in the order in which they are written.</summary>
    public required IReadOnlyList<ProfileField> Fields { get; init; }

    /// <summary>Most image tokens that a picture may take; one token is 32×32 pixels. Range 8 to 4096, default 576 (768×768).</summary>
    public int ImageTokenBudget { get; init; } = 576;

    /// <summary>How free text is sampled.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>SHA-256 (first 16 hex digits) over everything above: changes when the copy would.</summary>
    public string Version => ComputeVersion();

    private string ComputeVersion()
    {
        var text = new StringBuilder();
        text.Append(Name).Append('\n').Append(System).Append('\n').Append(Instruction).Append('\n').Append(Language).Append('\n')
            .Append(ImageTokenBudget).Append('\n').Append(Sampling).Append('\n');
        foreach (var field in Fields)
        {
            text.Append(field.Name).Append('|').Append(field.Kind).Append('|').Append(field.IsAttribute).Append('|')
                .Append(field.MaxCharacters).Append('|').AppendJoin('\u001f', field.Values).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
