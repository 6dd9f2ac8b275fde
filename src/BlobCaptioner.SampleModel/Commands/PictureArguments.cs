using System.CommandLine;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Which pictures to draw.</summary>
internal sealed class PictureArguments
{
    private readonly Option<int> _count;
    private readonly Option<int> _seed = new("--seed") { Description = "Which pictures: those of 1 are trained on, all others are not.", DefaultValueFactory = _ => 2 };
    private readonly Option<bool> _unseen = new("--unseen") { Description = "Only combinations of kind, colour, pattern and material that are never trained." };

    /// <param name="count">How many by default.</param>
    public PictureArguments(int count) => _count = new("--count") { Description = "How many.", DefaultValueFactory = _ => count };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_count);
        command.Options.Add(_seed);
        command.Options.Add(_unseen);
    }

    /// <summary>How many, which, and whether of unseen combinations.</summary>
    public (int Count, int Seed, bool Unseen) Read(ParseResult parsed) => (parsed.GetRequiredValue(_count), parsed.GetRequiredValue(_seed), parsed.GetRequiredValue(_unseen));
}
