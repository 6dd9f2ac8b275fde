using System.CommandLine;
using BlobCaptioner.Cli.Hosting;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Which model and profile, and how many pictures at once.</summary>
internal sealed class EngineArguments
{
    private readonly Option<FileInfo?> _model = new("--model", "-m")
    {
        Description = "The text model, a GGUF file that llama.cpp v0.5.0 reads. Default: the small bundled sample model.",
        HelpName = "TEXT.gguf",
    };

    private readonly Option<FileInfo?> _mmproj = new("--mmproj")
    {
        Description = "The vision part that belongs to --model.",
        HelpName = "MMPROJ.gguf",
    };

    private readonly Option<int> _slots = NumberOption.Create("--slots", "Pictures decoded at the same time, 1 to 64.", value: 8, 1, 64);

    private readonly Option<int?> _threads = NumberOption.Create(
        "--threads",
        "CPU threads of the model, 1 to 512. Default: one for every core, or a single one for models below 64 MB, which threads only slow down.",
        1,
        512);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_mmproj);
        command.Add(_slots);
        command.Add(_threads);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_model) is null != result.GetResult(_mmproj) is null)
            {
                result.AddError("--model and --mmproj belong together: give both files, or neither for the bundled sample model.");
            }
        });
    }

    /// <summary>What was chosen.</summary>
    /// <exception cref="UsageException">A file is missing.</exception>
    public EngineChoice Read(ParseResult parse)
    {
        var (model, mmproj) = (parse.GetValue(_model), parse.GetValue(_mmproj));
        foreach (var file in new[] { model, mmproj })
        {
            if (file is { Exists: false })
            {
                throw new UsageException($"There is no model file '{file.FullName}'.");
            }
        }

        return new()
        {
            Model = model?.FullName,
            Mmproj = mmproj?.FullName,
            Slots = parse.GetValue(_slots),
            Threads = parse.GetValue(_threads),
        };
    }
}
