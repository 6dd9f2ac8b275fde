using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Which model a worker loads: two files on a mounted share, or a name from the catalogue; configuration section <c>Model</c>.</summary>
public sealed record ModelOptions : IValidatableObject
{
    /// <summary>Configuration section that holds these options.</summary>
    public const string Section = "Model";

    /// <summary>Name in the catalogue, as <c>captioner model list</c> shows it. The model is downloaded where it is missing.</summary>
    /// <value><c>qwen3-vl-8b-q4_k_m</c> for example; default null, for <see cref="Path"/> or the bundled sample model.</value>
    public string? Name { get; init; }

    /// <summary>Vision part of that model.</summary>
    /// <value><c>F16</c> or <c>Q8_0</c> for example; default null, for a file that is there, else the catalogue's first.</value>
    public string? Vision { get; init; }

    /// <summary>Folder of model files, mostly a mounted share. Files are looked for in it and downloaded into it.</summary>
    /// <value>Default null, for <c>CAPTIONER_MODELS</c>, else the user's application data.</value>
    public string? Directory { get; init; }

    /// <summary>The language model's file (.gguf), together with <see cref="MmprojPath"/> and in place of <see cref="Name"/>.</summary>
    /// <value>Default null.</value>
    public string? Path { get; init; }

    /// <summary>The vision part's file (mmproj, .gguf) that was published with it.</summary>
    /// <value>Default null.</value>
    public string? MmprojPath { get; init; }

    /// <summary>Site to download from.</summary>
    /// <value><c>huggingface</c> or <c>modelscope</c>; default null, for <c>huggingface</c>.</value>
    public string? Source { get; init; }

    /// <summary>Another address in its place.</summary>
    /// <value><c>https://hf.example.com</c> or <c>https://files.example.com/models/{file}</c> for example; default null.</value>
    public string? Mirror { get; init; }

    /// <summary>True where no model is named: the sample model that ships with the program is loaded.</summary>
    public bool IsSample => string.IsNullOrEmpty(Name) && string.IsNullOrEmpty(Path);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(Name) && !string.IsNullOrEmpty(Path))
        {
            yield return new($"'{Section}__{nameof(Name)}' is '{Name}' too. Remove one of them.", [nameof(Path)]);
        }

        if (string.IsNullOrEmpty(Path) != string.IsNullOrEmpty(MmprojPath))
        {
            yield return new(
                $"'{Section}__{nameof(Path)}' and '{Section}__{nameof(MmprojPath)}' belong together. Set both or none.",
                [string.IsNullOrEmpty(Path) ? nameof(Path) : nameof(MmprojPath)]);
        }
    }
}

/// <summary>Checks <see cref="ModelOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class ModelOptionsValidator : IValidateOptions<ModelOptions>;
