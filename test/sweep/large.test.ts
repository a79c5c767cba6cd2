import { largeDocuments } from './documents.js'
import { sweep } from './sweep.js'

sweep(largeDocuments)
