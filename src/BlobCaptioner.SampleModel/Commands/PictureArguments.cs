using System.CommandLine;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>The options that choose the pictures to draw.</summary>
internal sealed class PictureArguments
{
    private readonly Option<int> _count;
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the pictures. 1 is the training set; pictures of all other seeds are never trained.", DefaultValueFactory = _ => 2 };
    private readonly Option<bool> _unseen = new("--unseen") { Description = "Draw only combinations of kind, colour, pattern and material that are never trained." };

    /// <summary>Creates the options.</summary>
    /// <param name="count">Default number of pictures.</param>
    public PictureArguments(int count) => _count = new("--count") { Description = "Number of pictures.", DefaultValueFactory = _ => count };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_count);
        command.Options.Add(_seed);
        command.Options.Add(_unseen);
    }

    /// <summary>The parsed values.</summary>
    public (int Count, int Seed, bool Unseen) Read(ParseResult parsed) => (parsed.GetRequiredValue(_count), parsed.GetRequiredValue(_seed), parsed.GetRequiredValue(_unseen));
}
