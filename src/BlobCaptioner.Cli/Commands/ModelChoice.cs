using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace BlobCaptioner.Cli.Commands;

/// <summary>What <c>--model</c> and <c>--mmproj</c> mean: files, or a name of the catalogue whose files were pulled.</summary>
internal static class ModelChoice
{
    /// <summary>True for what can be no file: it has neither a directory nor the ending of one, and no file of that name is here.</summary>
    public static bool IsName(string model) => Path.GetFileName(model) == model && !model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !File.Exists(model);

    /// <summary>Full paths of both files; nulls for the bundled model.</summary>
    /// <exception cref="UsageException">A file is missing, or the model that is named has not been pulled.</exception>
    public static (string? Text, string? Vision) Read(string? model, FileInfo? mmproj)
    {
        if (model is null)
        {
            return (null, null);
        }

        foreach (var file in (FileInfo?[])[IsName(model) ? null : new(model), mmproj])
        {
            if (file is { Exists: false })
            {
                throw new UsageException($"There is no model file '{file.FullName}'.");
            }
        }

        if (!IsName(model))
        {
            return (Path.GetFullPath(model), mmproj?.FullName);
        }

        var directory = new ModelDirectory(path: null, TimeProvider.System, NullLogger<ModelDirectory>.Instance);
        if (directory.Catalog.Find(model) is not { } known)
        {
            throw new UsageException(
                $"There is no model file '{Path.GetFullPath(model)}', and no model '{model}' in the catalogue. There are: " +
                $"{string.Join(", ", directory.Catalog.Models.Select(m => m.Name))}.");
        }

        var text = directory.PathOf(known.Text);
        return directory.Find(known.Name) is { } paths ? (text, mmproj?.FullName ?? paths.Vision)
            : mmproj is not null && directory.Look(known.Text).State == FileState.Present ? (text, mmproj.FullName)
            : throw new UsageException($"'{known.Name}' is not in '{directory.FullPath}' yet. Pull it first: captioner model pull {known.Name}");
    }
}
