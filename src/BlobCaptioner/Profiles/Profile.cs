using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace BlobCaptioner.Profiles;

/// <summary>What to write about a picture and how.</summary>
public sealed record Profile
{
    // By reference: a copy made by `with` has other values. Prompt and version are asked for with every picture.
    private static readonly ConditionalWeakTable<Profile, ProfilePrompt> s_prompts = [];
    private static readonly ConditionalWeakTable<Profile, string> s_versions = [];

    /// <summary>Name, as <c>--profile</c> takes it: lower-case letters, digits and <c>-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>For people: what it is for, and sources. Takes no part in <see cref="Version"/>.</summary>
    public string Comment { get; init; } = "";

    /// <summary>
    /// System text. What was set, verbatim; where neither it nor <see cref="Instruction"/> was, it is composed. Empty for none.
    /// </summary>
    public string System
    {
        get => field.Length > 0 || HasInstruction ? field : Prompt.System;
        init;
    }

    = "";

    /// <summary>
    /// What the model is asked; it stands before the picture. What was set, verbatim; else composed from tone, audience, words, languages and the fields, anew for
    /// each copy of the profile: that of <see cref="ForView"/> asks for its fields only. Never empty.
    /// </summary>
    public string Instruction
    {
        get => field.Length > 0 ? field : Prompt.Instruction;
        init => (field, HasInstruction) = (value, value.Length > 0);
    }

    = "";

    /// <summary>True where <see cref="Instruction"/> was set, false where it is composed.</summary>
    public bool HasInstruction { get; private init; }

    /// <summary>The languages of the copy, at least one, all different. Default English.</summary>
    public IReadOnlyList<ProfileLanguage> Languages { get; init; } = [new("en")];

    /// <summary>The first language's tag.</summary>
    public string Language => Languages[0].Tag;

    /// <summary>How the copy sounds; empty for no wish.</summary>
    public string Tone { get; init; } = "";

    /// <summary>Whom it addresses; empty for no wish.</summary>
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
    public string Version => s_versions.GetValue(this, p => p.ComputeVersion());

    private ProfilePrompt Prompt => s_prompts.GetValue(this, ProfilePrompt.Compose);

    /// <summary>The copy fields that are written in a language, in their order.</summary>
    public IEnumerable<ProfileField> CopyFields(ProfileLanguage language) =>
        Fields.Where(f => !f.IsAttribute && (language.Fields is null || language.Fields.Contains(f.Name, StringComparer.Ordinal)));

    /// <summary>With a <see cref="Grouping"/>: what each view gets. No field may be left of it.</summary>
    public Profile ForView() => this with { Fields = [.. Fields.Where(f => f.PerView)], Grouping = ProfileGrouping.None };

    /// <summary>With a <see cref="Grouping"/>: what the product gets.</summary>
    public Profile ForProduct() => this with { Fields = [.. Fields.Where(f => !f.PerView)], Grouping = ProfileGrouping.None };

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

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];

        void Add(params ReadOnlySpan<string> parts) => text.AppendJoin('\u001e', parts).Append('\n');
    }
}
