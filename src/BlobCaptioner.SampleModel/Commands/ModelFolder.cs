using BlobCaptioner.SampleModel.Architecture;
using BlobCaptioner.SampleModel.Tokens;
using BlobCaptioner.SampleModel.Training;
using TorchSharp;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>The folder of a model: merges, weights and, after the export, the GGUF pair.</summary>
internal static class ModelFolder
{
    private const int MaxMerges = 6_000;
    private const long MinCount = 6;

    /// <summary>Reads the model in the folder, or creates one with tokens learned from all prompts and answers.</summary>
    /// <param name="directory">The folder. It is created if it is missing.</param>
    /// <param name="resume">True to read the model in the folder.</param>
    /// <exception cref="FileNotFoundException">The folder has no model.</exception>
    public static CaptionModel Open(string directory, bool resume)
    {
        Directory.CreateDirectory(directory);
        var (merges, weights) = (Path.Combine(directory, "merges.txt"), Path.Combine(directory, "weights.bin"));
        torch.random.manual_seed(1);
        if (resume)
        {
            if (!File.Exists(merges) || !File.Exists(weights))
            {
                throw new FileNotFoundException($"'{directory}' has no model (merges.txt and weights.bin). Train one: dotnet run --project src/BlobCaptioner.SampleModel -- train --dir {directory}");
            }

            var pairs = File.ReadLines(merges).Select(l => l.Split(' ')).Select(p => (p[0], p[1])).ToList();
            var model = new CaptionModel(new ModelShape(), new BpeTokenizer(pairs));
            model.Weights.Load(weights);
            return model;
        }

        var learned = BpeTrainer.Learn(BpeTrainer.CountWords(CaptionTask.Corpus()), MaxMerges, MinCount);
        File.WriteAllLines(merges, learned.Select(m => $"{m.Left} {m.Right}"));
        return new CaptionModel(new ModelShape(), new BpeTokenizer(learned));
    }
}
