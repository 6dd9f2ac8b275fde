using System.Globalization;
using System.Text;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles;

/// <summary>What to write about a picture and how. Two profiles are equal when their versions are.</summary>
public sealed record Profile
{
    // Made at first use. A copy made by `with` carries its original's, which Derived.Of tells.
    private Derivatives? _derived;

    /// <summary>Name, as <c>--profile</c> takes it: lower-case letters, digits and <c>-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>For people: its purpose, and sources. Takes no part in <see cref="Version"/>.</summary>
    public string Comment { get; init; } = "";

    /// <summary>
    /// System text: verbatim where it was set; composed where neither it nor <see cref="Instruction"/> was. Empty for none.
    /// </summary>
    public string System
    {
        get => field.Length > 0 || HasInstruction ? field : Derived.Prompt.System;
        init;
    }

    = "";

    /// <summary>
    /// The request to the model; it stands before the picture. Verbatim where it was set; else composed from tone, audience, words, languages and fields, anew for each copy of
    /// the profile: that of <see cref="ForView"/> asks for its fields only. Never empty.
    /// </summary>
    public string Instruction
    {
        get => field.Length > 0 ? field : Derived.Prompt.Instruction;
        init => (field, HasInstruction) = (value, value.Length > 0);
    }

    = "";

    /// <summary>True where <see cref="Instruction"/> was set, false where it is composed.</summary>
    public bool HasInstruction { get; private init; }

    /// <summary>The languages of the copy, at least one, all different. Default English.</summary>
    public IReadOnlyList<ProfileLanguage> Languages { get; init; } = [new("en")];

    /// <summary>The first language's tag.</summary>
    public string Language => Languages[0].Tag;

    /// <summary>How the copy sounds; empty for no preference.</summary>
    public string Tone { get; init; } = "";

    /// <summary>The readers that it addresses; empty for no preference.</summary>
    public string Audience { get; init; } = "";

    /// <summary>Words to use where they fit.</summary>
    public IReadOnlyList<string> Use { get; init; } = [];

    /// <summary>Words and phrases that the copy must not have, compared without case, as whole words.</summary>
    public IReadOnlyList<string> Avoid { get; init; } = [];

    /// <summary>Fields in the order in which they are written. With several languages all attributes come before all copy.</summary>
    public required IReadOnlyList<ProfileField> Fields { get; init; }

    /// <summary>Attributes below this confidence become <c>unknown</c>, with a flag. Range 0 (none does) to 1, default 0.5.</summary>
    public double ConfidenceThreshold { get; init; } = 0.5;

    /// <summary>Whether pictures are views of products. Default no.</summary>
    public ProfileGrouping Grouping { get; init; }

    /// <summary>Most image tokens that a picture may take; one token is 32×32 pixels. Range 8 to 4096, default 576 (768×768).</summary>
    public int ImageTokenBudget { get; init; } = 576;

    /// <summary>How free text is sampled.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>SHA-256 (first 16 hex digits) over all above but the comments: changes when the copy would.</summary>
    public string Version => Derived.Version;

    private Derivatives Derived => _derived is { } own && ReferenceEquals(own.Of, this) ? own : _derived = new(this);

    /// <summary>The copy fields that are written in a language, in their order.</summary>
    public IEnumerable<ProfileField> CopyFields(ProfileLanguage language) =>
        Fields.Where(f => !f.IsAttribute && (language.Fields is null || language.Fields.Contains(f.Name, StringComparer.Ordinal)));

    /// <summary>With a <see cref="Grouping"/>: the part for each view, the same instance each time. It may have no fields.</summary>
    public Profile ForView() => Derived.View;

    /// <summary>With a <see cref="Grouping"/>: the part for the product, the same instance each time. It may have no fields.</summary>
    public Profile ForProduct() => Derived.Product;

    /// <inheritdoc/>
    public bool Equals(Profile? other) => other is not null && Version == other.Version;

    /// <inheritdoc/>
    public override int GetHashCode() => Version.GetHashCode(StringComparison.Ordinal);

    private string ComputeVersion()
    {
        var text = new StringBuilder();
        Add(Name, System, Instruction, Tone, Audience, Grouping.ToString());
        Add([.. Use]);
        Add([.. Avoid]);
        foreach (var language in Languages)
        {
            Add([language.Tag, .. language.Fields ?? ["*"]]);
        }

        Add(ConfidenceThreshold.ToString("R", CultureInfo.InvariantCulture), ImageTokenBudget.ToString(CultureInfo.InvariantCulture), Sampling.ToString());
        foreach (var field in Fields)
        {
            Add(
                field.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{field.Kind} {field.IsAttribute} {field.MaxCharacters} {field.AdvisedCharacters} {field.MinItems} {field.MaxItems} {field.AllowUnknown} {field.PerView}"),
                field.Instruction,
                string.Join(' ', field.Evidence),
                string.Join('\u001f', field.Values));
        }

        return TextHash.Of(text.ToString(), digits: 16);

        void Add(params ReadOnlySpan<string> parts) => text.AppendJoin('\u001e', parts).Append('\n');
    }

    // Every picture asks for these.
    private sealed class Derivatives(Profile of)
    {
        public Profile Of => of;

        public ProfilePrompt Prompt => field ??= ProfilePrompt.Compose(of);

        public string Version => field ??= of.ComputeVersion();

        public Profile View => field ??= of with { Fields = [.. of.Fields.Where(f => f.PerView)], Grouping = ProfileGrouping.None };

        public Profile Product => field ??= of with { Fields = [.. of.Fields.Where(f => !f.PerView)], Grouping = ProfileGrouping.None };
    }
}

/// <summary>One language of a profile.</summary>
/// <param name="Tag">BCP 47: <c>de</c>, <c>pt-BR</c>, <c>zh-Hans</c>.</param>
/// <param name="Fields">Names of the copy fields that are written in it; null for all.</param>
public sealed record ProfileLanguage(string Tag, IReadOnlyList<string>? Fields = null);

/// <summary>Whether pictures stand for themselves or are views of products.</summary>
public enum ProfileGrouping
{
    /// <summary>Each picture is described for itself.</summary>
    None,

    /// <summary>
    /// Pictures of one SKU are views of one product. The SKU is the catalogue's, else the file's name without <c>-1</c>, <c>_2</c> or <c> (3)</c>. Each view gets the fields
    /// that are <see cref="ProfileField.PerView"/>; one product record, made from up to four views in one prompt, gets the others.
    /// </summary>
    Sku,

    /// <summary>The same, where pictures that the catalogue does not know belong to the product that their folder is named after: <c>SKU/front.jpg</c>.</summary>
    Folder,
}

/// <summary>How free text is sampled. Choices always take the likeliest value.</summary>
public sealed record SamplingOptions
{
    /// <summary>Softmax temperature; 0 takes the likeliest token (greedy). Range 0 to 2, default 0.7 (Qwen3-VL's own recommendation).</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>Nucleus: the smallest set of tokens whose probability reaches this. Range 0 to 1, default 0.8.</summary>
    public float TopP { get; init; } = 0.8f;

    /// <summary>Most tokens to choose from; 0 is all. Default 20.</summary>
    public int TopK { get; init; } = 20;

    /// <summary>
    /// Taken off the logit of each token that the model has written in this answer (once, however often; prompt and literal text do not count). Range 0 to 2,
    /// default 0. Qwen3-VL's own recommendation is 1.5 for text, counted over the prompt too; without the prompt less does.
    /// </summary>
    public float PresencePenalty { get; init; }

    /// <summary>Seed; the same picture, profile, model and seed give the same text when decoded alone.</summary>
    public ulong Seed { get; init; }
}
