using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Which model a worker loads; section <c>Model</c>. Either two files on a mounted share, or a name from the catalogue, which is downloaded where it is missing.</summary>
public sealed record ModelOptions : IValidatableObject
{
    /// <summary>The section's key.</summary>
    public const string Section = "Model";

    /// <summary>Name in the catalogue, as <c>captioner model list</c> shows it: <c>qwen3-vl-8b-q4_k_m</c>. Null (default) where <see cref="Path"/> is set.</summary>
    public string? Name { get; init; }

    /// <summary>Vision part of that model: <c>F16</c>, <c>Q8_0</c>. Null (default) takes what is there, else the catalogue's first.</summary>
    public string? Vision { get; init; }

    /// <summary>Folder of model files, mostly a mounted share: looked in first, downloaded into. Null (default): <c>CAPTIONER_MODELS</c>, else the user's application data.</summary>
    public string? Directory { get; init; }

    /// <summary>The language model's file (.gguf). Together with <see cref="MmprojPath"/>, in place of <see cref="Name"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The vision part's file (mmproj, .gguf) that was published with it.</summary>
    public string? MmprojPath { get; init; }

    /// <summary>Site to download from: <c>huggingface</c> (default) or <c>modelscope</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Another address in its place, such as <c>https://hf.example.com</c> or <c>https://files.example.com/models/{file}</c>.</summary>
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
                $"'{Section}__{nameof(Path)}' and '{Section}__{nameof(MmprojPath)}' belong together: set both or none.",
                [string.IsNullOrEmpty(Path) ? nameof(Path) : nameof(MmprojPath)]);
        }
    }
}
